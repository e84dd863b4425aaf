"""How the next version is to be indexed: the same, or with other sizes and languages after a preview."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean

import streamlit as st

from components import errors, session
from components.corpora import compared
from components.corpora import words as corpus_words
from components.i18n import _, duration, ngettext, number, percent
from components.markup import plain, short
from core.entities.corpora import Collection
from core.entities.people import Principal
from core.entities.versions import Cut, EmbeddingChoice, IndexPlan, Preview
from services.corpora.fingerprints import LEAST_PER_OVERLAP, SMALLEST_CHUNK

_PREVIEW = "corpora_preview"  # (collection, plan, preview) that was asked for last
_SHOWN = 600  # characters of a passage
_STEP = 8


def draw(who: Principal, collection: Collection) -> None:
    """The button that re-indexes as it is, and the settings for another index."""
    st.caption(_("A new version is built beside the one in use and checked before it takes over; questions go on "
        "meanwhile. The old one is kept for a rollback."))  # fmt: skip
    st.button(
        _("Re-index"),
        icon=":material/refresh:",
        key=f"corpora_reindex_{collection.name}",
        on_click=errors.kept(_start),
        args=(collection.name, IndexPlan()),
    )
    choices = session.services().embeddings.list(who)
    usual = _usual(collection, choices)
    if usual.name != collection.version.fingerprint.model:
        st.caption(_("The next version gets the embedding model %(model)s.", model=plain(usual.name)))
    with st.expander(_("Index it differently"), icon=":material/tune:", key="corpora_plan"), errors.shown():
        plan = _plan(collection, choices, usual)
        with st.container(horizontal=True, key="corpora_plan_actions"):
            previewed = st.button(_("Preview on a sample"), icon=":material/preview:", key="corpora_preview_button")
            st.button(
                _("Build this version"),
                type="primary",
                key="corpora_build",
                on_click=errors.kept(_start),
                args=(collection.name, plan),
            )
        if previewed:
            with st.spinner(_("Cutting a sample of the documents …")):
                found = session.services().previews.preview(who, collection.name, plan)
            session.put(_PREVIEW, (collection.name, plan, found))
        name, of, preview = session.get(_PREVIEW) or ("", plan, None)
        if preview is not None and (name, of) == (collection.name, plan):
            _draw_preview(preview)


def followed(name: str) -> str:
    """Under which the session keeps the run whose end the page of this collection tells."""
    return f"corpora_run_{name}"


def _start(name: str, plan: IndexPlan) -> None:
    session.take(_PREVIEW)
    session.put(followed(name), session.services().versions.reindex(session.principal(), name, plan))


def _usual(collection: Collection, choices: Sequence[EmbeddingChoice]) -> EmbeddingChoice:
    """What the next version gets where nobody chooses: what was picked for the collection, else the settings' own."""
    made = collection.version.fingerprint
    picked = (one for one in choices if made.chosen and one.name == made.model)
    return next(picked, next(one for one in choices if one.default))


def _plan(collection: Collection, choices: Sequence[EmbeddingChoice], usual: EmbeddingChoice) -> IndexPlan:
    made, model = collection.version.fingerprint, _model(choices, usual)
    same = model.name == made.model
    with st.container(horizontal=True, gap="large"):
        tokens = st.slider(
            _("Size of a passage, in tokens of the model"),
            SMALLEST_CHUNK,
            model.chunk_tokens,
            min(made.chunk_tokens, model.chunk_tokens) if same else model.chunk_tokens,
            step=_STEP,
            key=f"corpora_tokens_{model.name}",
            help=_("Text in a language that the model does not speak is cut in proportion, by words."),
        )
        most = tokens // LEAST_PER_OVERLAP
        overlap = st.slider(
            _("Overlap of neighbouring passages"), 0, most, min(made.chunk_overlap, most), key=f"corpora_overlap_{most}"
        )
    languages = st.multiselect(
        _("Languages whose passages get vectors"),
        model.languages,
        [one for one in made.languages if one in model.languages] if same else model.languages,
        format_func=corpus_words.language,
        key=f"corpora_languages_{model.name}",
        help=_("Those that the embedding model was trained for. All other passages are found by their words."),
        select_all=False,
    )
    wait = st.toggle(
        _("Wait for me before switching"),
        key="corpora_wait",
        help=_("The new version is built and checked; you look at its report and switch to it yourself."),
    )
    return IndexPlan(tokens, overlap, tuple(languages), switch=not wait, model=model.name)


def _model(choices: Sequence[EmbeddingChoice], usual: EmbeddingChoice) -> EmbeddingChoice:
    by_name = {one.name: one for one in choices}
    name = st.selectbox(
        _("Embedding model"),
        list(by_name),
        index=list(by_name).index(usual.name),
        format_func=lambda one: _choice(by_name[one]),
        key="corpora_model",
        help=_(
            "Questions to this version are embedded with the same model. More models are named in the setting "
            "NICHEWISE_EMBEDDINGS."
        ),
    )
    chosen = by_name[name]
    if chosen.problem:
        st.warning(plain(_(chosen.problem, **chosen.values)), icon=":material/cloud_off:")
    return chosen


def _choice(one: EmbeddingChoice) -> str:
    spoken = (
        corpus_words.language(one.languages[0])
        if len(one.languages) == 1
        else ngettext("%(n)s language", "%(n)s languages", len(one.languages))
    )
    return f"{one.name} · {spoken}" + (f" · {_('cannot be used now')}" if one.problem else "")


def _draw_preview(preview: Preview) -> None:
    if not preview.documents:
        st.info(_("There are no documents to try it on yet."), icon=":material/info:")
        return
    st.markdown(
        _(
            "Tried on %(sample)s of %(all)s documents: about **%(chunks)s** passages, of which **%(embed)s** are "
            "embedded anew. Building takes about **%(time)s**.",
            sample=number(preview.documents),
            all=number(preview.of),
            chunks=number(preview.chunks),
            embed=number(preview.to_embed),
            time=duration(preview.seconds),
        )
    )
    before, after = _figures(preview.before), _figures(preview.after)
    compared.draw("preview", [(title, before[title], after[title]) for title in before], _("Now: %(n)s"))
    _draw_apart(preview)
    _draw_examples(preview)


def _draw_examples(preview: Preview) -> None:
    """Passages of both, side by side; those that stay as they are say nothing."""
    pairs = zip(preview.before.examples, preview.after.examples, strict=True)
    changed = [(old, new) for old, new in pairs if old != new]
    if not changed:
        st.caption(_("The sampled passages stay as they are."))
        return
    for old, new in changed:
        for place, title, text in zip(st.columns(2), (_("Now"), _("Then")), (old, new), strict=True):
            with place, st.container(border=True, height="stretch", gap="xxsmall"):
                st.caption(f"**{title}**")
                st.text(short(text, _SHOWN))


def _draw_apart(preview: Preview) -> None:
    """How well each model tells passages apart, where the plan changes the model."""
    before, after = preview.before, preview.after
    if before.fingerprint.model == after.fingerprint.model:
        return
    shares = [percent(cut.apart) if cut.apart is not None else _("no vectors") for cut in (before, after)]
    st.markdown(
        _(
            "Vectors alone bring up the passage that a sampled sentence is from: **%(before)s** with %(old)s, "
            "**%(after)s** with %(new)s.",
            before=shares[0],
            old=plain(before.fingerprint.model),
            after=shares[1],
            new=plain(after.fingerprint.model),
        )
    )


def _figures(cut: Cut) -> dict[str, float]:
    return {
        _("Passages of the sample"): cut.chunks,
        _("Smallest, in tokens or words"): min(cut.sizes, default=0),
        _("Average"): round(mean(cut.sizes), 1) if cut.sizes else 0,
        _("Largest"): max(cut.sizes, default=0),
    }
