"""Collections that are being deleted: how far that is, and the proof when it has ended."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from components import job_progress, session
from components.documents.document_removal import counts
from components.i18n import _
from components.markup import plain
from core.entities.corpora import JobRun, Removed
from core.entities.people import Principal
from core.roles import Permission

_FOLLOWED = "corpora_deletion"


def follow(run_id: UUID) -> None:
    """Has the page tell how this deletion ends."""
    session.put(_FOLLOWED, run_id)


def draw(who: Principal) -> None:
    if not who.may(Permission.CORPORA_MANAGE):
        return
    runs = session.services().deleting.recent(who)
    if any(map(_going, runs)):
        job_progress.draw(lambda: [_progress(run) for run in session.services().deleting.recent(session.principal())])
    ended = next((run for run in runs if run.id == session.get(_FOLLOWED) and run.status == "done"), None)
    if ended is not None:
        session.take(_FOLLOWED)
        told = _("“%(title)s” is deleted. Nothing of it is left.", title=plain(ended.result["title"]))
        removed = counts(Removed(**ended.result["removed"]))
        st.success(f"{told}\n\n{removed}", icon=":material/check:")


def _going(run: JobRun) -> bool:
    return run.status in ("waiting", "running")


def _progress(run: JobRun) -> job_progress.Progress:
    return job_progress.Progress(
        title=run.result["title"],
        stage=_("its files and indexes are being removed"),
        done=run.done,
        total=run.total,
        started_at=run.created_at,
        ended=not _going(run),
    )
