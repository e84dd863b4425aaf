"""What a collection takes up on disk and in memory, and whether compacting it would give some of that back."""

from __future__ import annotations

from core.entities.people import Principal
from core.entities.versions import Footprint
from data.database import Database
from rag.lexical import Lexical
from rag.vectors import Vectors
from services.corpora.versions import may_read


class Footprints:
    def __init__(self, db: Database, vectors: Vectors, lexical: Lexical) -> None:
        self._db = db
        self._vectors = vectors
        self._lexical = lexical

    def of(self, principal: Principal, collection: str) -> Footprint:
        """Of all versions that are kept; the advice to compact is about the active one."""
        may_read(principal)
        with self._db.begin() as tx:
            found = tx.collections.find(principal, collection)
            versions = [one for one in tx.collections.versions(found.id) if one.state != "failed"]
            files, stored = tx.soundness.file_bytes(found.id), tx.soundness.text_bytes(found.id)
            dead = tx.changes.deleted(found.version.id)
            live = tx.chunks.count(found.version.id)
        names = [one.vector_name for one in versions]
        counts = {one.vector_name: self._vectors.count(one.vector_name) for one in versions}
        memory = sum(
            self._vectors.memory(counts[one.vector_name], one.fingerprint.dimension)
            for one in versions
            if one.state == "active"
        )
        return Footprint(
            files=files,
            sql=stored,
            vectors=sum(map(self._vectors.disk, names)),
            words=sum(map(self._lexical.disk, names)),
            memory=memory,
            dead=dead,
            ever=live + dead,
        )
