"""Collections that are being deleted: how far that is, and the proof when it has ended."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from components import errors, job_progress, session
from components.documents.document_removal import counts
from components.i18n import _, stored
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
    for run in runs:
        if run.status == "failed":
            _failed(run)
    ended = next((run for run in runs if run.id == session.get(_FOLLOWED) and run.status == "done"), None)
    if ended is not None:
        session.take(_FOLLOWED)
        told = _("“%(title)s” is deleted. Nothing of it is left.", title=plain(ended.result["title"]))
        removed = counts(Removed(**ended.result["removed"]))
        st.success(f"{told}\n\n{removed}", icon=":material/check:")


def _failed(run: JobRun) -> None:
    """Nobody finds anything of it any more; what is left takes up room."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"corpora_deletion_{run.id}"):
        told = _(
            "“%(title)s” is deleted, but some of its files and indexes are left.", title=plain(run.result["title"])
        )
        st.error(" ".join(filter(None, (told, plain(stored(run.error))))), icon=":material/error:")
        st.button(
            _("Try again"), icon=":material/refresh:", key=f"corpora_deletion_again_{run.id}",
            on_click=errors.kept(_again), args=(run.id,),
        )  # fmt: skip


def _again(run_id: UUID) -> None:
    session.services().deleting.again(session.principal(), run_id)
    follow(run_id)


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
