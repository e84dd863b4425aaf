"""Quarantine: documents with hidden text or with orders to a model wait until an administrator has looked at them."""

from __future__ import annotations

from uuid import UUID

from core.entities.corpora import Document, Removed
from core.entities.ledger import Held
from core.entities.people import Principal
from core.entities.reading import Finding, Parsed
from core.errors import Forbidden, NotFound
from core.roles import Permission
from data.database import Database
from services.files.intake import defer_ingest
from services.files.removal import Removal


class Quarantined(Exception):
    """The document goes no further by itself."""


class Quarantine:
    def __init__(self, db: Database, removal: Removal) -> None:
        self._db = db
        self._removal = removal

    def admit(self, document: Document, parsed: Parsed) -> None:
        """Raises `Quarantined` for a document with findings that nobody has let in yet."""
        if not parsed.findings:
            return
        with self._db.begin() as tx:
            held = tx.findings.hold(document.id, parsed.findings)
        if held:
            raise Quarantined

    # --- for administrators -----------------------------------------------------------------------------------------

    def waiting(self, principal: Principal) -> list[Held]:
        """Everything in quarantine, the oldest first. Of people's own collections too: whoever decides must see what
        was found, though not the document itself."""
        _manages(principal)
        with self._db.read() as tx:
            return tx.findings.held()

    def release(self, principal: Principal, document_id: UUID) -> UUID:
        """Lets the document in, without the text that it hides; returns the job run that indexes it."""
        _manages(principal)
        with self._db.begin() as tx:
            held = tx.findings.one_held(document_id)
            tx.findings.release(document_id)
            found = sorted({finding.kind.value for finding in held.findings})
            tx.audit.write(
                principal, "document.release", "document", document_id, filename=held.filename, findings=found
            )
            return defer_ingest(tx, document_id, principal.user_id)

    def reject(self, principal: Principal, document_id: UUID) -> Removed:
        """Deletes the document, with proof."""
        _manages(principal)
        with self._db.begin() as tx:
            held = tx.findings.one_held(document_id)
            document = tx.documents.get(document_id)
            tx.audit.write(principal, "document.reject", "document", document_id, filename=held.filename)
        if document is None:
            raise NotFound
        return self._removal.remove(document, principal)

    # --- for those who may read the document --------------------------------------------------------------------------

    def findings(self, principal: Principal, document_id: UUID) -> tuple[Finding, ...]:
        """Why the document was held; for those who may read it, and for those who decide."""
        with self._db.begin() as tx:
            if not principal.may(Permission.CORPORA_MANAGE):
                tx.documents.find(principal, document_id)
            return tx.findings.of_document(document_id)


def _manages(principal: Principal) -> None:
    if not principal.may(Permission.CORPORA_MANAGE):
        raise Forbidden
