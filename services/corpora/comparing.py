"""Compares what SQL, the vectors and the words of a version hold, both ways, and mends what differs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from core.entities.corpora import CollectionVersion
from core.entities.versions import Finding
from data.database import Database
from rag.lexical import Damaged, Lexical
from rag.vectors import Vectors
from services.files.indexing import Indexing
from services.files.passages import Passages

_EXAMPLES = 5
_LOOKS = 3  # after which what still differs is taken for what it is
_TOGETHER = 500  # vectors that are read and written in one go


@dataclass(frozen=True, slots=True)
class Differences:
    """Ids of chunks; `doubled` counts words of a chunk that are there more than once, `broken` an unreadable index."""

    chunks: int
    vectors: int
    unembedded: frozenset[UUID] = frozenset()  # in a language of the model, without a vector in SQL
    no_vector: frozenset[UUID] = frozenset()  # the vector is in SQL alone
    lone_vectors: frozenset[UUID] = frozenset()
    no_words: frozenset[UUID] = frozenset()
    lone_words: frozenset[UUID] = frozenset()
    doubled: int = 0
    broken: bool = False

    @property
    def words_differ(self) -> bool:
        return bool(self.no_words or self.lone_words or self.doubled or self.broken)

    def __bool__(self) -> bool:
        return bool(self.words_differ or self.unembedded or self.no_vector or self.lone_vectors)


class Comparing:
    def __init__(
        self, db: Database, vectors: Vectors, lexical: Lexical, indexing: Indexing, passages: Passages
    ) -> None:
        self._db = db
        self._vectors = vectors
        self._lexical = lexical
        self._indexing = indexing
        self._passages = passages

    def differences(self, version: CollectionVersion) -> Differences:
        """As of now. Documents on their way are left out: they are still to be indexed.

        The indexes are read before SQL is: an entry gets there after its row is committed, so one without a row then
        has lost it.
        """
        broken = self._caught_up(version)
        words = set() if broken else self._lexical.ids(version.vector_name)
        doubled = 0 if broken else self._lexical.count(version.vector_name) - len(words)
        vectors = self._vectors.ids(version.vector_name)
        with self._db.begin() as tx:
            chunks = tx.soundness.chunk_ids(version.id)
            embedded = tx.soundness.vector_ids(version.id)
            unembedded = tx.soundness.unembedded(version.id, version.fingerprint.languages)
            missing = tx.soundness.published((chunks - words) | (embedded - vectors))
        seen = Differences(
            chunks=len(chunks),
            vectors=len(embedded),
            unembedded=frozenset(unembedded),
            no_vector=frozenset(missing & (embedded - vectors)),
            lone_vectors=frozenset(vectors - embedded - set(unembedded)),
            no_words=frozenset(missing & (chunks - words)),
            lone_words=frozenset(words - chunks),
            doubled=max(doubled, 0),
            broken=broken,
        )
        return self._confirmed(version, seen) if seen else seen

    def _confirmed(self, version: CollectionVersion, seen: Differences) -> Differences:
        """Without what was only on its way while the stores were read one after the other."""
        name = version.vector_name
        vectors = self._vectors.present(name, seen.lone_vectors)
        broken = seen.broken or self._caught_up(version)
        words = set() if broken else self._lexical.present(name, seen.no_words | seen.lone_words)
        return replace(
            seen,
            no_vector=self._missing(version, seen.no_vector),
            lone_vectors=seen.lone_vectors & vectors,
            no_words=seen.no_words - words,
            lone_words=seen.lone_words & words,
            broken=broken,
        )

    def _missing(self, version: CollectionVersion, ids: Iterable[UUID]) -> frozenset[UUID]:
        """Those of `ids` whose vector is in SQL alone. A deletion takes the vectors out before it commits: then it is
        waited for."""
        missing: set[UUID] = set()
        for some in _slices(ids):
            with self._db.begin() as tx:
                tx.soundness.hold(some)
                missing |= set(tx.vectors.of_chunks(some)) - self._vectors.present(version.vector_name, some)
        return frozenset(missing)

    def settled(self, version: CollectionVersion) -> Differences:
        """Compares and mends until nothing differs: while people upload and delete, what was on its way when one look
        was taken is there at the next."""
        found = self.differences(version)
        for _ in range(_LOOKS):
            if not found:
                break
            found = self.mend(version, found)
        return found

    def mend(self, version: CollectionVersion, found: Differences) -> Differences:
        """Puts right what differs, and compares again. `Unavailable` where all is but what needs an embedding model
        that cannot be used."""
        if not found:
            return found
        self._write_vectors(version, found.no_vector)
        if found.lone_vectors:
            self._vectors.delete(version.vector_name, found.lone_vectors)
        if found.words_differ:
            self._indexing.repair(version)
        for some in _slices(found.unembedded):
            self._embed(version, some)
            self._write_vectors(version, some)
        return self.differences(version)

    def _write_vectors(self, version: CollectionVersion, ids: Iterable[UUID]) -> None:
        for some in _slices(ids):
            with self._db.begin() as tx:
                tx.soundness.hold(some)  # else a vector is written that a deletion has just taken out, and stays
                stored = tx.vectors.of_chunks(some)
                self._vectors.upsert(version.vector_name, stored)

    def _caught_up(self, version: CollectionVersion) -> bool:
        """Brings the words to the end of their log; True when they cannot be read."""
        try:
            self._indexing.catch_up(version)
        except Damaged:
            return True
        return False

    def _embed(self, version: CollectionVersion, ids: list[UUID]) -> None:
        with self._db.begin() as tx:
            found = tx.versions.chunks_of(ids)
        vectors = self._passages.vectors(version.fingerprint, [one.chunk for one in found.values()])
        with self._db.begin() as tx:
            still = tx.versions.chunks_of(list(found))
            tx.vectors.put({key: vector for key, vector in zip(found, vectors, strict=True) if key in still})


def findings(version: CollectionVersion, before: Differences, after: Differences) -> list[Finding]:
    """What was different, and how much of it is not any more."""
    kinds = ("unembedded", "no_vector", "lone_vectors", "no_words", "lone_words")
    found = [
        Finding(
            kind,
            len(ids),
            len(ids - getattr(after, kind)),
            version.number,
            tuple(str(key) for key in sorted(ids)[:_EXAMPLES]),
        )
        for kind in kinds
        if (ids := getattr(before, kind))
    ]
    if before.doubled:
        found.append(Finding("doubled", before.doubled, before.doubled - after.doubled, version.number))
    if before.broken:
        found.append(Finding("broken_words", 1, int(not after.broken), version.number))
    return found


def _slices(ids: Iterable[UUID]) -> Iterable[list[UUID]]:
    ordered = sorted(ids)
    return (ordered[start : start + _TOGETHER] for start in range(0, len(ordered), _TOGETHER))
