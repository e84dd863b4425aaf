"""What a re-index with other settings would do, told from a sample of the documents before anything is built."""

from __future__ import annotations

import time
from collections.abc import Sequence

from core.entities.corpora import Chunk, Document, Fingerprint
from core.entities.people import Principal
from core.entities.reading import Parsed
from core.entities.versions import Cut, IndexPlan, Preview
from core.errors import NichewiseError, Unavailable
from data.database import Database
from services.fingerprints import Fingerprints
from services.parses import Parses
from services.passages import Passages
from services.versions import may_read

_DOCUMENTS = 12
_CHARACTERS = 300_000  # of the sample; cutting them twice takes about a second
_TIMED = 12  # passages that are embedded to measure the pace
_EXAMPLES = 3
_WRITTEN_PER_SECOND = 700.0  # chunks into SQL and both indexes, measured on two cores


class Previews:
    def __init__(self, db: Database, parses: Parses, passages: Passages, fingerprints: Fingerprints) -> None:
        self._db = db
        self._parses = parses
        self._passages = passages
        self._fingerprints = fingerprints

    def preview(self, principal: Principal, collection: str, plan: IndexPlan) -> Preview:
        """`BadInput` for a plan that the embedding model cannot follow. Takes a second or two."""
        may_read(principal)
        with self._db.begin() as tx:
            found = tx.collections.find(principal, collection, counts=True)
            documents = tx.documents.of_collection(found.id, demo=None)
        before = found.version.fingerprint
        after = self._fingerprints.planned(plan, before)
        parsed = self._parsed([one for one in documents if one.chunks])
        old = [self._fingerprints.chunks(one, before) for one in parsed]
        new = [self._fingerprints.chunks(one, after) for one in parsed]
        known = _texts(old) if self._fingerprints.same_vectors(before, after) else set()
        fresh = [c for c in _all(new) if c.language in after.languages and (c.heading, c.text) not in known]
        growth = len(_all(new)) / max(len(_all(old)), 1)
        chunks = round(found.chunks * growth)
        to_embed = round(chunks * len(fresh) / max(len(_all(new)), 1))
        return Preview(
            documents=len(parsed),
            of=found.documents,
            before=_cut(before, old),
            after=_cut(after, new),
            chunks=chunks,
            to_embed=to_embed,
            seconds=to_embed * self._pace(fresh) + chunks / _WRITTEN_PER_SECOND,
        )

    def _parsed(self, documents: Sequence[Document]) -> list[Parsed]:
        """Of documents from all over the collection, as many as fit; those that cannot be read are left out."""
        step = max(1, len(documents) // _DOCUMENTS)
        found: list[Parsed] = []
        size = 0
        for document in documents[::step][:_DOCUMENTS]:
            try:
                parsed = self._parses.get(document.sha256, document.filename)
            except Unavailable:
                raise
            except NichewiseError:
                continue
            size += sum(len(block.text) for block in parsed.blocks)
            if found and size > _CHARACTERS:
                break
            found.append(parsed)
        return found

    def _pace(self, chunks: Sequence[Chunk]) -> float:
        """Seconds to embed one passage, measured on a few of them."""
        some = list(chunks[:: max(1, len(chunks) // _TIMED)][:_TIMED])
        if not some:
            return 0.0
        self._passages.vectors(some[:1])  # the model may have to be loaded first
        started = time.perf_counter()
        self._passages.vectors(some)
        return (time.perf_counter() - started) / len(some)


def _cut(fingerprint: Fingerprint, documents: Sequence[Sequence[Chunk]]) -> Cut:
    chunks = _all(documents)
    examples = [chunk.text for document in documents[:_EXAMPLES] for chunk in document[:1]]
    return Cut(fingerprint, len(chunks), tuple(chunk.tokens for chunk in chunks), tuple(examples))


def _all(documents: Sequence[Sequence[Chunk]]) -> list[Chunk]:
    return [chunk for document in documents for chunk in document]


def _texts(documents: Sequence[Sequence[Chunk]]) -> set[tuple[str, str]]:
    return {(chunk.heading, chunk.text) for chunk in _all(documents)}
