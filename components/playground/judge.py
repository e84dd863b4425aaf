"""After a comparison: the vote, the difference between two answers, saving, exporting, promoting."""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import partial

import streamlit as st

from components import errors, parameters, session, tables
from components.i18n import _, percent
from components.markup import plain, short
from components.playground import columns as playground_columns
from components.playground import form as playground_form
from core.entities.people import Principal
from core.entities.playground import Experiment
from services import filenames
from services.playground.export import as_csv, as_json

_LETTERS = "ABCD"
_TITLE = 60


def blind(who: Principal, experiment: Experiment) -> bool:
    """Whether names are hidden: it was asked for, and this person has not voted."""
    wanted = session.get("playground_blind") and len(experiment.lanes) > 1
    return bool(wanted) and session.services().playground.voted(who, experiment.id) is None


def draw(who: Principal, experiment: Experiment, *, blind: bool) -> None:
    if experiment.running or not any(lane.attempts for lane in experiment.lanes):
        return
    answered = [lane for lane in experiment.lanes if lane.attempts and lane.attempts[-1].text]
    if len(answered) > 1 and not playground_columns.refused_by_all(experiment):
        _vote(who, experiment, hidden=blind)
    if blind:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="playground_actions"):
        if experiment.title:
            shared = f" :gray-badge[{_('shared')}]" if experiment.shared else ""
            st.markdown(f":material/bookmark: **{plain(short(experiment.title, _TITLE))}**{shared}", width="content")
        if experiment.owner_id == who.user_id:
            _keep(experiment)
        _promote(experiment)
        _exports(experiment)
    if len(experiment.lanes) > 1:
        _difference(experiment)


def _vote(who: Principal, experiment: Experiment, *, hidden: bool) -> None:
    playground = session.services().playground
    mine = playground.voted(who, experiment.id)
    if mine is not None:
        name = column_name(experiment, mine)
        st.success(_("You voted for: %(column)s", column=name), icon=":material/how_to_vote:")
        _scores(who)
        return
    with st.container(horizontal=True, vertical_alignment="center", key="playground_vote"):
        st.markdown(f"**{_('Which answer is best?')}**")
        for place, column in enumerate(playground_columns.order(experiment, blind=hidden)):
            if not experiment.lanes[column].attempts[-1].text:
                continue  # it failed or was stopped before its first word
            name = _("Answer %(letter)s", letter=_LETTERS[place]) if hidden else _("Column %(n)s", n=column + 1)
            st.button(
                name,
                icon=":material/thumb_up:",
                key=f"playground_vote_{place}",
                on_click=errors.kept(_cast),
                args=(experiment, column),
            )


def _cast(experiment: Experiment, column: int) -> None:
    session.services().playground.vote(session.principal(), experiment.id, column)


def _scores(who: Principal) -> None:
    rows: list[tables.Row] = [
        {
            "model": f"{playground_form.label(score.provider)} · {score.model}",
            "won": score.won,
            "shown": score.shown,
            "share": percent(score.won / score.shown),
        }
        for score in session.services().playground.scores(who)
        if score.provider
    ]
    with st.expander(_("Votes so far, by model"), icon=":material/leaderboard:", expanded=True):
        columns = [
            tables.Column("model", _("Model"), width="medium"),
            tables.Column("won", _("Won"), "number"),
            tables.Column("shown", _("Shown"), "number"),
            tables.Column("share", _("Share")),
        ]
        tables.draw("playground_scores", columns, rows)


def _keep(experiment: Experiment) -> None:
    with st.popover(_("Save"), icon=":material/bookmark:"), st.form("playground_save", border=False):
        title = st.text_input(_("Name"), experiment.title, max_chars=120)
        shared = st.checkbox(
            _("Everybody with a playground may open it"),
            experiment.shared,
            help=_("They find it under “Experiments”, or by the address of this page."),
        )
        if st.form_submit_button(_("Save"), type="primary"):
            with errors.shown():
                playground, who = session.services().playground, session.principal()
                playground.save(who, experiment.id, title)
                if shared != experiment.shared:
                    playground.share(who, experiment.id, shared)
                st.toast(_("Saved. It stands under “Experiments”."), icon=":material/check:")
                st.rerun()


def _promote(experiment: Experiment) -> None:
    with st.popover(_("Make a preset"), icon=":material/star:"), st.form("playground_promote", border=False):
        columns = range(len(experiment.lanes))
        voted = session.services().playground.voted(session.principal(), experiment.id)
        column = st.radio(
            _("Winner"), columns, _winner(experiment, voted), format_func=lambda n: column_name(experiment, n)
        )
        name = st.text_input(_("Name"), max_chars=120, placeholder=_("for example: short answers"))
        st.caption(_("Everybody can then choose it in the options of the assistant and here."))
        if st.form_submit_button(_("Make a preset"), type="primary"):
            with errors.shown():
                session.services().presets.promote(session.principal(), experiment.id, column or 0, name)
                st.toast(_("The preset is ready for everybody."), icon=":material/star:")
                st.rerun()


def _winner(experiment: Experiment, voted: int | None) -> int:
    """What was voted for, else the first column that answered."""
    answered = (n for n, lane in enumerate(experiment.lanes) if lane.attempts and lane.attempts[-1].text)
    return next(answered, 0) if voted is None else voted


def _exports(experiment: Experiment) -> None:
    for suffix, mime, make in (("json", "application/json", as_json), ("csv", "text/csv", as_csv)):
        st.download_button(
            suffix.upper(),
            partial(make, experiment),
            file_name=f"{filenames.named(experiment.title, 'experiment')}.{suffix}",
            mime=mime,
            icon=":material/download:",
            key=f"playground_{suffix}",
            on_click="ignore",
        )


def _difference(experiment: Experiment) -> None:
    with st.expander(_("Difference"), icon=":material/difference:"):
        columns = range(len(experiment.lanes))
        left, right = st.columns(2)
        chosen = [
            place.selectbox(label, columns, n, format_func=lambda one: column_name(experiment, one), key=key)
            for n, (place, label, key) in enumerate(
                [(left, _("From"), "playground_diff_from"), (right, _("To"), "playground_diff_to")]
            )
        ]
        texts = [experiment.lanes[one].attempts[-1].text for one in chosen if experiment.lanes[one].attempts]
        if len(texts) == 2 and texts[0].split() == texts[1].split():
            st.caption(_("The two answers are the same, word for word."))
        elif len(texts) == 2:
            st.caption(_("Red is only in the first answer, green only in the second."))
            st.markdown(marked_difference(*texts))


def column_name(experiment: Experiment, column: int) -> str:
    """The column's number with who answered in it."""
    lane = experiment.lanes[column]
    asked = (lane.attempts[-1].provider if lane.attempts else "") or lane.configuration.provider or "auto"
    params = parameters.said(lane.configuration.params)
    parts = (_("Column %(n)s", n=column + 1), playground_form.label(asked), params)
    return " · ".join(filter(None, parts))


def marked_difference(old: str, new: str) -> str:
    """Markdown: words that only `old` has are struck out on red, those that only `new` has stand on green."""
    before, after = old.split(), new.split()
    parts: list[str] = []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        gone, come = plain(" ".join(before[a:b])), plain(" ".join(after[c:d]))
        if kind == "equal":
            parts.append(come)
            continue
        parts += [f":red-background[~~{gone}~~]"] if gone else []
        parts += [f":green-background[{come}]"] if come else []
    return " ".join(parts)
