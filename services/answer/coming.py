"""A refusal says that there is more to come: documents of the collection that are still being indexed."""

from __future__ import annotations

from core.entities.messages import Action
from core.i18n import ntranslate
from data.database import Database
from rag.shown import Delta
from services.answer.job import Job


def refused(job: Job) -> bool:
    """Whether documents were looked into and held no answer."""
    return job.draft is not None and job.draft.action is Action.REFUSE and job.collection is not None


def told(db: Database, job: Job) -> Delta | None:
    """Adds that to the refusal; None where the person waits for nothing."""
    if job.draft is None or job.collection is None:
        return None
    with db.read() as tx:
        n = tx.documents.on_their_way(job.principal, job.collection.id)
    if not n:
        return None
    sentence = ntranslate(
        job.language,
        "%(n)s document is still being indexed; ask again in a moment.",
        "%(n)s documents are still being indexed; ask again in a moment.",
        n,
    )
    return job.draft.add(sentence)
