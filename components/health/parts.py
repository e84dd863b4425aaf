"""The parts of the service as cards that are asked anew, and how much room the machine has left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from components import errors, session
from components.i18n import N_, _, date_time, duration, file_size, ngettext, number, stored
from core.entities.people import Principal
from core.roles import Permission
from services.health import OK

_PARTS = {
    "database": (N_("Database"), "database"),
    "models": (N_("Language model and embedding"), "neurology"),
    "vectors": (N_("Vector index"), "scatter_plot"),
    "lexical": (N_("Word index"), "manage_search"),
    "worker": (N_("Background work"), "sync"),
    "voice": (N_("Voice"), "mic"),
    "disk": (N_("Disk"), "hard_drive"),
}
_EVERY_S, _ACROSS = 5, 4


def follow() -> None:
    """Draws parts and figures, and draws them again every few seconds."""
    st.fragment(_draw, run_every=_EVERY_S)()


def _draw() -> None:
    with errors.shown():
        who = session.require(Permission.SYSTEM)
        report = session.services().health.parts()
        if any(state != OK for state in report.values()):
            st.warning(_("Some parts are not ready."), icon=":material/warning:")
        else:
            st.success(_("Everything works."), icon=":material/check_circle:")
        _figures(who)
        cards: list[Callable[[], None]] = [*(partial(_part, part, state) for part, state in report.items()), _reranker]
        for first in range(0, len(cards), _ACROSS):
            for column, card in zip(st.columns(_ACROSS), cards[first : first + _ACROSS], strict=False):
                with column:
                    card()


def _figures(who: Principal) -> None:
    room, counts = session.services().health.room(), session.services().ledger.counts(who)
    memory, disk = (
        _("%(done)s of %(total)s", done=file_size(part), total=file_size(whole))
        for part, whole in ((room.memory, room.memory_total), (room.disk_free, room.disk_total))
    )
    failed = counts.stages.get("failed", 0)
    told = ngettext("%(n)s document failed.", "%(n)s documents failed.", failed) if failed else None
    with st.container(horizontal=True, gap="large", key="health_figures"):
        st.metric(_("Memory"), file_size(room.memory), help=memory, width="content")
        st.metric(_("Free on disk"), file_size(room.disk_free), help=disk, width="content")
        st.metric(_("Being indexed"), number(counts.running), help=told, width="content")
        ran = duration((datetime.now(UTC) - room.started_at).total_seconds())
        st.metric(_("Running for"), ran, help=date_time(room.started_at), width="content")
    if room.scarce:
        told = _("The disk is nearly full. Uploads and new versions of collections need room: make some.")
        st.warning(told, icon=":material/hard_drive:")


def _part(part: str, state: str) -> None:
    title, icon = _PARTS.get(part, (part, "settings"))
    with st.container(border=True, height="stretch", gap="xsmall", key=f"health_part_{part}"):
        st.markdown(f":material/{icon}: **{_(title)}**")
        if state == OK:
            st.badge(_("works"), icon=":material/check:", color="green")
        else:
            st.badge(_("not ready"), icon=":material/warning:", color="orange")
            st.caption(_(state))


def _reranker() -> None:
    """Nothing waits for it: collections are searched without it too."""
    problem = session.services().lab.reranker_problem
    with st.container(border=True, height="stretch", gap="xsmall", key="health_part_reranker"):
        st.markdown(f":material/sort: **{_('Re-ranker (optional)')}**")
        if problem:
            st.badge(_("not set up"), icon=":material/info:", color="gray", help=stored(problem))
        else:
            st.badge(_("works"), icon=":material/check:", color="green")
