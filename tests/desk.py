"""People at their desks: they upload, and what they uploaded is indexed at once, without a worker."""

from __future__ import annotations

import io
from uuid import UUID

from sqlalchemy import text

from core.entities import Document, Principal, UserStatus
from core.roles import Role
from services.container import Services
from services.documents import Upload

RUSSIAN = "Возврат денег занимает четырнадцать дней с момента обращения клиента в службу поддержки."
ENGLISH = "Refunds are paid within fourteen days of the request, and the customer is told so by mail."


class Desk:
    """`services` with the default collections and one active person per role."""

    def __init__(self, services: Services) -> None:
        self.services = services
        services.collections.ensure_defaults()
        self.sales, self.analyst, self.admin = map(self.person, (Role.SALES, Role.ANALYST, Role.ADMIN))
        self.guest = Principal(Role.GUEST)

    def person(self, role: Role, name: str = "") -> Principal:
        email = f"{name or role}@example.com"
        with self.services.db.begin() as tx:
            user = tx.users.create(email, name or role, role, UserStatus.ACTIVE, "no password")
        assert user
        return Principal(role=role, user_id=user.id, email=email, name=user.name)

    def upload(
        self, who: Principal, content: str | bytes, name: str = "note.txt", collection: str = "documents"
    ) -> Upload:
        raw = content.encode() if isinstance(content, str) else content
        return self.services.documents.upload(who, name, io.BytesIO(raw), collection)

    def index(
        self, who: Principal, content: str | bytes, name: str = "note.txt", collection: str = "documents"
    ) -> Document:
        """Uploads and indexes; the document as it is then."""
        uploaded = self.upload(who, content, name, collection)
        self.services.ingestion.run(uploaded.document.id)
        return self.services.documents.get(who, uploaded.document.id)

    def chunk_ids(self, document_id: UUID) -> list[UUID]:
        """Of every version, with repetitions if there are any."""
        query = "SELECT id FROM chunks WHERE document_id = :id ORDER BY position"
        with self.services.db.begin() as tx:
            return list(tx.connection.execute(text(query), {"id": document_id}).scalars())

    def queued(self, task: str = "ingest") -> int:
        with self.services.db.begin() as tx:
            return tx.jobs.waiting(task)

    def found(self, who: Principal, collection: str, word: str, language: str = "ru") -> list[UUID]:
        """Chunks that the lexical index of the collection's active version finds."""
        version = self.services.collections.get(who, collection).version
        return [key for key, _ in self.services.lexical.search(version.vector_name, word, language, 10)]
