"""Imports of niche figures: how far the one under way is, what it did, and earlier ones, the last of them undoable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import streamlit as st

from components import errors, job_progress, session
from components.i18n import N_, _, date_time, number, stored
from components.markup import plain
from core.entities.niches import ImportRun
from core.entities.people import Principal

_STATES = {
    "waiting": (N_("waits"), "orange"),
    "applied": (N_("imported"), "green"),
    "undone": (N_("undone"), "gray"),
    "failed": (N_("failed"), "red"),
}
_ERRORS = 5


def job() -> None:
    """The import that the address names, so that it survives a reload."""
    try:
        run_id = UUID(st.query_params.get("job", ""))
    except ValueError:
        return
    run = session.services().documents.job(session.principal(), run_id)
    result = run.result or {}
    if run.status == "failed":
        st.error(plain(stored(run.error)) or _("The import failed."), icon=":material/error:")
        _errors(result)
    elif run.status == "done":
        done = (
            _("This is what an import would do; nothing was changed.")
            if result.get("dry_run")
            else _("The import is done.")
        )
        st.success(f"{done} {_counts(result)}", icon=":material/check:")
        _errors(result)
    elif run.status != "cancelled":
        job_progress.draw(lambda: [_progress(run_id)])


def _progress(run_id: UUID) -> job_progress.Progress:
    run = session.services().documents.job(session.principal(), run_id)
    return job_progress.Progress(
        title=_("Import"),
        stage=_("reading") if run.status == "running" else _("waits"),
        done=run.done,
        total=run.total,
        started_at=run.created_at,
        ended=run.status in ("done", "failed", "cancelled"),
    )


def _counts(result: Mapping[str, Any]) -> str:
    names = {
        "rows": _("Rows"),
        "niches": _("Niches"),
        "metrics": _("Metrics"),
        "regions": _("Regions"),
        "values": _("Values"),
    }
    names |= {"empty": _("Empty cells"), "bad_rows": _("Rows with errors")}
    known = {key: count for key in names if isinstance(count := result.get(key), int)}
    parts = [f"{names[key]}: {number(count)}" for key, count in known.items() if count or key != "regions"]
    return " · ".join(parts)


def _errors(result: Mapping[str, Any]) -> None:
    for line in list(result.get("errors", ()))[:_ERRORS]:
        st.caption(f":material/warning: {plain(stored(str(line)))}")


def draw(who: Principal) -> None:
    runs = [run for run in session.services().niche_import.history(who) if not run.counts.get("dry_run")]
    st.subheader(_("Imports so far"), anchor=False)
    if not runs:
        st.caption(_("Nothing here yet."))
    newest: set[str] = set()
    for run in runs:
        last = run.state == "applied" and run.dataset not in newest
        newest |= {run.dataset} if run.state == "applied" else set()
        _row(run, undoable=last and run.undoable and not run.demo)


def _row(run: ImportRun, *, undoable: bool) -> None:
    state, color = _STATES[run.state]
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"niche_import_{run.id}"):
        name = _("Demo data") if run.demo else run.filename
        badges = f":{color}-badge[{_(state)}]" + (f" :orange-badge[{_('demo data')}]" if run.demo else "")
        facts = " · ".join(filter(None, (date_time(run.created_at), _counts(run.counts))))
        with st.container(width="stretch", gap="xsmall"):
            st.markdown(f"**{plain(name)}** {badges}  \n:gray[:small[{facts}]]")
            if run.state == "failed" and (why := run.counts.get("error")):
                st.caption(f":material/info: {plain(stored(str(why)))}")
        if undoable:
            with st.popover(_("Undo"), icon=":material/undo:", key=f"niche_import_undo_{run.id}"):
                st.caption(_("The dataset becomes what it was before this import."))
                st.button(
                    _("Undo this import"), type="primary", key=f"niche_import_sure_{run.id}",
                    on_click=errors.kept(_undo), args=(run.id,),
                )  # fmt: skip


def _undo(import_id: UUID) -> None:
    session.services().niche_import.undo(session.principal(), import_id)
    st.query_params.pop("job", None)  # what it did is no longer so
    st.toast(_("The import was undone."), icon=":material/check:")
