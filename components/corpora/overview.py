"""A collection at a glance: how much is in it, what it takes up, whether it is sound, how it is indexed."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from components import errors, session
from components.corpora import shelf
from components.corpora import words as corpus_words
from components.i18n import _, ago, file_size, ngettext, number, percent, short_number
from components.markup import plain
from core.entities.corpora import Collection
from core.entities.people import Principal
from core.entities.versions import Footprint
from core.roles import Permission


def render(who: Principal, collection: Collection) -> None:
    _outdated(collection)
    footprint = session.services().footprints.of(who, collection.name)
    figures = (
        (_("Documents"), short_number(collection.documents), number(collection.documents)),
        (_("Passages"), short_number(collection.chunks), number(collection.chunks)),
        (_("Version"), str(collection.version.number), ""),
        (_("On disk"), file_size(footprint.disk), _disk(footprint)),
        (_("In memory"), file_size(footprint.memory), _("Estimated: what the vectors hold while they are searched.")),
    )
    with st.container(horizontal=True, gap="large", key="corpora_figures"):
        for title, value, help_ in figures:
            st.metric(title, value, help=help_ or None, width="content")
    if footprint.compact:
        st.warning(
            _(
                "%(share)s of the index are entries that were deleted. Re-indexing gives their room back.",
                share=percent(footprint.dead / footprint.ever),
            ),
            icon=":material/compress:",
        )
    _unready(who, collection)
    _soundness(who, collection)
    st.markdown(f"**{_('How it is indexed')}**")
    st.caption(plain(corpus_words.fingerprint(collection.version.fingerprint)))
    st.caption(shelf.readers(collection))


def _outdated(collection: Collection) -> None:
    """What a version does without its embedding model, and what to do about it, comes first."""
    if problem := session.services().embeddings.problem(collection.version.fingerprint):
        why = _(problem.template, **problem.values)
        said = _(
            "The embedding model of this version cannot be used, so words alone find its passages and new documents "
            "wait. Bring the model back, or re-index with another one."
        )
        st.warning(f"{said} {plain(why)}", icon=":material/cloud_off:")


def _unready(who: Principal, collection: Collection) -> None:
    """Documents that nobody can ask: yet, or until somebody looks at them."""
    if not who.may(Permission.UPLOAD):
        return
    counts = session.services().ledger.counts(who, collection=collection.name)
    if going := counts.running:
        told = ngettext("%(n)s document is still being indexed.", "%(n)s documents are still being indexed.", going)
        _to_documents("coming", told, st.info, ":material/hourglass_top:")
    if failed := counts.stages.get("failed", 0):
        told = ngettext("%(n)s document failed.", "%(n)s documents failed.", failed)
        _to_documents("failed", told, st.warning, ":material/warning:")


def _to_documents(key: str, told: str, box: Callable[..., object], icon: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"corpora_{key}"):
        box(told, icon=icon)
        st.button(
            _("Look at them"), key=f"corpora_to_{key}", type="tertiary", icon=":material/arrow_forward:",
            icon_position="right", on_click=_show, args=("documents",),
        )  # fmt: skip


def _show(tab: str) -> None:
    st.query_params["tab"] = tab


def _disk(footprint: Footprint) -> str:
    parts = (
        (_("Files"), footprint.files),
        (_("Passages"), footprint.sql),
        (_("Vector index"), footprint.vectors),
        (_("Word index"), footprint.words),
    )
    return ", ".join(f"{name}: {file_size(size)}" for name, size in parts)


def _soundness(who: Principal, collection: Collection) -> None:
    last = next(iter(session.services().reconciling.latest(who, collection.name, 1)), None)
    if last is None:
        with st.container(horizontal=True, vertical_alignment="center", key="corpora_unchecked"):
            told = _("Not checked yet. The first check is made tonight, or on the tab Checks.")
            st.info(told, icon=":material/info:")
            if who.may(Permission.CORPORA_MANAGE):
                st.button(
                    _("Check now"), icon=":material/troubleshoot:", type="tertiary", key="corpora_check_first",
                    on_click=errors.kept(_check), args=(collection.name,),
                )  # fmt: skip
    elif last.sound:
        st.success(_("Sound when it was checked %(when)s.", when=ago(last.at)), icon=":material/check_circle:")
    else:
        st.warning(
            _("The check %(when)s found what it could not mend. See the tab Checks.", when=ago(last.at)),
            icon=":material/warning:",
        )


def _check(name: str) -> None:
    session.services().reconciling.start(session.principal(), name)
    _show("checks")
