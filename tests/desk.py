"""People at their desks: they upload, and what they uploaded is indexed at once, without a worker."""

from __future__ import annotations

import hashlib
import io
from uuid import UUID

from sqlalchemy import text

from core.entities.corpora import Document, JobRun
from core.entities.people import Principal, UserStatus
from core.entities.versions import IndexPlan
from core.roles import Role
from services.container import Services
from services.corpora.versions import AS_IT_IS
from services.files.intake import Upload

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

    def upload(self, who: Principal, content: str | bytes, name: str = "", collection: str = "documents") -> Upload:
        """Under a name of its own where none is given: other bytes of the same name would be a new version."""
        raw = content.encode() if isinstance(content, str) else content
        name = name or f"note-{hashlib.sha256(raw).hexdigest()[:8]}.txt"
        return self.services.documents.upload(who, name, io.BytesIO(raw), collection)

    def index(self, who: Principal, content: str | bytes, name: str = "", collection: str = "documents") -> Document:
        """Uploads and indexes; the document as it is then."""
        uploaded = self.upload(who, content, name, collection)
        self.services.ingestion.run(uploaded.document.id)
        return self.services.documents.get(who, uploaded.document.id)

    def rebuild(self, collection: str = "documents", plan: IndexPlan = AS_IT_IS) -> JobRun:
        """Re-indexes a collection to its end; the job run as it is then."""
        run = self.services.versions.reindex(self.admin, collection, plan)
        newest = self.services.versions.list(self.admin, collection)[0].version
        self.services.reindexing.run(run, newest.id, switch=plan.switch)
        return self.services.documents.job(self.admin, run)

    def switch(self, number: int, collection: str = "documents") -> JobRun:
        """Switches to a version to its end."""
        run = self.services.versions.activate(self.admin, collection, number)
        versions = {one.version.number: one.version.id for one in self.services.versions.list(self.admin, collection)}
        self.services.reindexing.switch(run, versions[number])
        return self.services.documents.job(self.admin, run)

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
