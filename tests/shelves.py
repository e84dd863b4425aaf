"""Collections with documents that are ready, put straight into the stores: for tests of search, not of ingestion."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

from core.entities.corpora import Chunk, Collection, CollectionKind, Fingerprint, Stage
from core.entities.people import Principal
from core.roles import Role
from data.database import Database
from data.stores.documents import NewDocument
from data.stores.stages import Described
from data.tables.corpora import documents
from rag.vectors import Vectors

FINGERPRINT = Fingerprint("all-MiniLM-L6-v2-int8", 384, True, ("en",), 256, 32)
STAFF = (Role.SALES, Role.ANALYST, Role.ADMIN)
ADMIN = Principal(Role.ADMIN)
SALES = Principal(Role.SALES)
ANALYST = Principal(Role.ANALYST)
GUEST = Principal(Role.GUEST)


class Shelves:
    def __init__(self, db: Database, vectors: Vectors) -> None:
        self.db = db
        self.vectors = vectors

    def collection(
        self,
        name: str = "documents",
        readers: Sequence[Role] = STAFF,
        kind: CollectionKind = CollectionKind.DOCUMENTS,
        fingerprint: Fingerprint = FINGERPRINT,
    ) -> Collection:
        with self.db.begin() as tx:
            tx.collections.ensure(name, name.title(), kind, fingerprint, readers=readers)
            found = tx.collections.named(name)
        assert found is not None
        return found

    def add(
        self,
        collection: Collection,
        texts: Sequence[str],
        *,
        title: str = "",
        language: str = "en",
        tags: Sequence[str] = (),
        readers: Sequence[Role] | None = None,
        vectors: Sequence[Sequence[float]] = (),
        stage: Stage = Stage.READY,
    ) -> UUID:
        """One document of `texts`, a chunk each, in both indexes' sources; returns its id."""
        document_id = self.received(collection, "\n".join((title, *texts)))
        self.write(collection, document_id, texts, language=language, vectors=vectors)
        with self.db.begin() as tx:
            tx.stages.describe([Described(document_id, title, language, 1, tags, ())])
            tx.stages.advance([document_id], stage)
            if readers is not None:
                values = {"readers": [role.value for role in readers]}
                tx.connection.execute(documents.update().where(documents.c.id == document_id).values(values))
        return document_id

    def add_many(self, collection: Collection, texts: Sequence[str], vectors: Sequence[Sequence[float]]) -> None:
        """A document of one chunk for each of `texts`, in one transaction."""
        version = collection.version
        with self.db.begin() as tx:
            documents = {}
            for text in texts:
                sha256 = hashlib.sha256(text.encode()).hexdigest()
                made = tx.documents.add(
                    NewDocument(collection.id, f"{sha256[:8]}.txt", "text/plain", sha256, len(text))
                )
                assert made is not None
                documents[made] = [Chunk(0, text, "", None, None, "en", len(text.split()))]
            ids = tx.chunks.put_many(version.id, documents)
            tx.stages.advance(documents, Stage.READY)
            pairs = {ids[key][0]: vector for key, vector in zip(documents, vectors, strict=True)}
            tx.vectors.put(pairs)
        self.vectors.upsert(version.vector_name, pairs)

    def received(self, collection: Collection, content: str) -> UUID:
        sha256 = hashlib.sha256(content.encode()).hexdigest()
        with self.db.begin() as tx:
            made = tx.documents.add(NewDocument(collection.id, f"{sha256[:8]}.txt", "text/plain", sha256, len(content)))
        assert made is not None
        return made

    def write(
        self,
        collection: Collection,
        document_id: UUID,
        texts: Sequence[str],
        *,
        language: str = "en",
        vectors: Sequence[Sequence[float]] = (),
    ) -> list[UUID]:
        chunks = [Chunk(i, text, "", None, None, language, len(text.split())) for i, text in enumerate(texts)]
        with self.db.begin() as tx:
            ids = tx.chunks.put(collection.version.id, document_id, chunks)
            pairs = dict(zip(ids, vectors, strict=True)) if vectors else {}
            tx.vectors.put(pairs)
        if pairs:
            self.vectors.upsert(collection.version.vector_name, pairs)
        return ids
