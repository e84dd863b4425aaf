"""The ledger of documents on their way, for those who wait for them: looking, stopping, going on."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from core.entities.corpora import Document, Stage
from core.entities.ledger import LedgerCounts, LedgerLine
from core.entities.people import Principal
from core.errors import Conflict, Forbidden
from core.roles import Permission
from data.database import Database
from services.files.intake import defer_ingest, defer_ingests

_AGAIN = (Stage.FAILED, Stage.CANCELLED)
NOT_RUNNING = "The work on this document has ended already."
HELD = "The document waits until an administrator has looked at what was found in it."
NOT_ENDED = "This document has neither failed nor been cancelled."


class Ledger:
    def __init__(self, db: Database) -> None:
        self._db = db

    def lines(self, principal: Principal, documents: Sequence[Document]) -> list[LedgerLine]:
        """How alive the work on each is; `documents` are what the caller was given to read."""
        _uploads(principal)
        with self._db.read() as tx:
            return tx.ledger.lines(documents)

    def counts(self, principal: Principal, *, collection: str | None = None) -> LedgerCounts:
        _uploads(principal)
        with self._db.read() as tx:
            return tx.ledger.counts(principal, collection=collection)

    def cancel(self, principal: Principal, document_id: UUID) -> None:
        """Stops the work on a document after the batch that is running; what is done stays for `retry`.

        `NotFound` for what one may not read, `Forbidden` for what one may not delete, `Conflict` where it has ended.
        """
        with self._db.begin() as tx:
            document = tx.documents.find(principal, document_id)
            _may_change(principal, document)
            if not tx.ledger.cancel(principal, document_id):
                raise Conflict(NOT_RUNNING)
            tx.audit.write(principal, "document.cancel", "document", document_id, filename=document.filename)

    def cancel_all(self, principal: Principal) -> int:
        """Stops all of one's own uploads that are on their way; those who manage collections stop everybody's."""
        _uploads(principal)
        with self._db.begin() as tx:
            stopped = tx.ledger.cancel(principal)
            if stopped:
                tx.audit.write(principal, "document.cancel", "documents", "", count=len(stopped))
        return len(stopped)

    def retry(self, principal: Principal, document_id: UUID) -> UUID:
        """Goes on with a document that failed or was cancelled, from its last saved batch; returns the job run."""
        with self._db.begin() as tx:
            document = tx.documents.find(principal, document_id)
            _may_change(principal, document)
            if document.stage.ended and not tx.ledger.go_on(principal, _AGAIN, document_id):
                raise Conflict(HELD if document.stage is Stage.QUARANTINED else NOT_ENDED)
            tx.audit.write(principal, "document.retry", "document", document_id, filename=document.filename)
            return defer_ingest(tx, document_id, principal.user_id)

    def retry_failed(self, principal: Principal) -> int:
        """Tries all that failed again, as far as one may change it; returns how many."""
        _uploads(principal)
        with self._db.begin() as tx:
            again = tx.ledger.go_on(principal, (Stage.FAILED,))
            defer_ingests(tx, again, principal.user_id)
            if again:
                tx.audit.write(principal, "document.retry", "documents", "", count=len(again))
        return len(again)


def _uploads(principal: Principal) -> None:
    if not principal.may(Permission.UPLOAD):
        raise Forbidden


def _may_change(principal: Principal, document: Document) -> None:
    own = principal.user_id is not None and document.owner_id == principal.user_id
    if not own and not principal.may(Permission.CORPORA_MANAGE):
        raise Forbidden
