"""What a re-index with other settings would do, told from a sample of the documents before anything is built."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

import numpy as np

from core.entities.corpora import Chunk, Document, Fingerprint
from core.entities.people import Principal
from core.entities.reading import Parsed
from core.entities.versions import Cut, IndexPlan, Preview
from core.errors import FingerprintMismatch, NichewiseError, Unavailable
from data.database import Database
from data.stores.vectors import Vector
from services.corpora.embeddings import Embeddings
from services.corpora.fingerprints import Fingerprints
from services.corpora.verification import telling
from services.corpora.versions import may_read
from services.files.parses import Parses
from services.files.passages import Passages

Item = TypeVar("Item")
Embedded = tuple[Chunk, Vector]

_DOCUMENTS = 12
_CHARACTERS = 300_000  # of the sample; cutting them takes about half a second
_EMBEDDED = 48  # passages that are embedded to measure the pace, and how well a model tells them apart
_EXAMPLES = 3
_WRITTEN_PER_SECOND = 700.0  # chunks into SQL and both indexes, measured on two cores


class Previews:
    def __init__(
        self, db: Database, parses: Parses, passages: Passages, fingerprints: Fingerprints, embeddings: Embeddings
    ) -> None:
        self._db = db
        self._parses = parses
        self._passages = passages
        self._fingerprints = fingerprints
        self._embeddings = embeddings

    def preview(self, principal: Principal, collection: str, plan: IndexPlan) -> Preview:
        """`BadInput` for a plan that the embedding model cannot follow, `Unavailable` while that cannot be used. Takes
        a second or two once the model is loaded."""
        may_read(principal)
        with self._db.begin() as tx:
            found = tx.collections.find(principal, collection, counts=True)
            documents = tx.documents.of_collection(found.id, demo=None)
        before = found.version.fingerprint
        after = self._fingerprints.planned(plan, before)
        same = self._fingerprints.same_vectors(before, after)
        if not same:
            self._embeddings.require(after)
        parsed = self._parsed([one for one in documents if one.chunks])
        with self._db.begin() as tx:
            there = tx.versions.passages(found.version.id, list(parsed))
        old = [[chunk for chunk, _ in there.get(key, ())] for key in parsed]
        new = [self._fingerprints.chunks(one, after) for one in parsed.values()]
        known = _texts(old) if same else set()
        fresh = [c for c in _all(new) if c.language in after.languages and (c.heading, c.text) not in known]
        growth = len(_all(new)) / max(len(_all(old)), 1)
        chunks = round(found.chunks * growth)
        to_embed = round(chunks * len(fresh) / max(len(_all(new)), 1))
        pace, made = self._embed(after, fresh)
        cut_before, cut_after = _cut(before, old), _cut(after, new)
        if not same:
            kept = [(chunk, vector) for key in parsed for chunk, vector in there.get(key, ()) if vector is not None]
            cut_before = replace(cut_before, apart=self._apart(before, _some(kept)))
            cut_after = replace(cut_after, apart=self._apart(after, made))
        return Preview(
            documents=len(parsed),
            of=found.documents,
            before=cut_before,
            after=cut_after,
            chunks=chunks,
            to_embed=to_embed,
            seconds=to_embed * pace + chunks / _WRITTEN_PER_SECOND,
        )

    def _parsed(self, documents: Sequence[Document]) -> dict[UUID, Parsed]:
        """Of documents from all over the collection, as many as fit; those that cannot be read are left out."""
        step = max(1, len(documents) // _DOCUMENTS)
        found: dict[UUID, Parsed] = {}
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
            found[document.id] = parsed
        return found

    def _embed(self, made: Fingerprint, chunks: Sequence[Chunk]) -> tuple[float, list[Embedded]]:
        """Seconds to embed one passage, measured on some of them, and their vectors."""
        some = _some(chunks)
        if not some:
            return 0.0, []
        self._passages.vectors(made, some[:1])  # the model may have to be loaded first
        started = time.perf_counter()
        vectors = self._passages.vectors(made, some)
        return (time.perf_counter() - started) / len(some), list(zip(some, vectors, strict=True))

    def _apart(self, made: Fingerprint, embedded: Sequence[Embedded]) -> float | None:
        """The share of passages that vectors alone bring up first for a sentence of theirs; None where there is nothing
        to ask, or the model cannot be used any more."""
        asked = [(place, sentence) for place, (chunk, _) in enumerate(embedded) if (sentence := telling(chunk.text))]
        sentences = [replace(embedded[place][0], text=sentence, heading="") for place, sentence in asked]
        try:
            questions = self._passages.vectors(made, sentences)
        except (Unavailable, FingerprintMismatch):
            return None
        if not questions:
            return None
        nearest = (np.stack(questions) @ np.stack([vector for _, vector in embedded]).T).argmax(axis=1)
        return float(np.mean([found == place for found, (place, _) in zip(nearest, asked, strict=True)]))


def _some(items: Sequence[Item]) -> list[Item]:
    return list(items[:: max(1, -(-len(items) // _EMBEDDED))])


def _cut(fingerprint: Fingerprint, documents: Sequence[Sequence[Chunk]]) -> Cut:
    chunks = _all(documents)
    examples = [chunk.text for document in documents[:_EXAMPLES] for chunk in document[:1]]
    return Cut(fingerprint, len(chunks), tuple(chunk.tokens for chunk in chunks), tuple(examples))


def _all(documents: Sequence[Sequence[Chunk]]) -> list[Chunk]:
    return [chunk for document in documents for chunk in document]


def _texts(documents: Sequence[Sequence[Chunk]]) -> set[tuple[str, str]]:
    return {(chunk.heading, chunk.text) for chunk in _all(documents)}
