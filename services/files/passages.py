"""Vectors of passages, embedded in the niced children."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.entities.corpora import Chunk, Fingerprint
from core.errors import FingerprintMismatch, Unavailable
from data.stores.vectors import Vector
from rag.chunking import passage
from rag.embedders import Embedders
from services.files.batching import Stopped

_PROBE = Chunk(0, "dimension", "", None, None, "en", 1)
Made = tuple[Fingerprint, Sequence[Chunk]]  # chunks, and how the version that they go into is made


class Passages:
    def __init__(self, embedders: Embedders) -> None:
        self._embedders = embedders
        self._stopped = False

    def vectors(self, made: Fingerprint, chunks: Sequence[Chunk]) -> list[Vector]:
        """One vector per chunk, in order, of the model of `made`.

        `Unavailable` when the model cannot be used, `Stopped` at shutdown; `FingerprintMismatch` when what is called so
        now is another model.
        """
        return self.of_many([(made, chunks)])[0]

    def dimension(self, made: Fingerprint) -> int:
        """How many numbers a vector of the model of `made` has; raises what `vectors` does."""
        return len(self._embedded(made.model, [[_PROBE]])[0][0])

    def of_many(self, documents: Sequence[Made]) -> list[list[Vector]]:
        """The same for the chunks of several documents, in one call of each model."""
        vectors: dict[int, list[Vector]] = {}
        for model in dict.fromkeys(made.model for made, _ in documents):
            places = [place for place, (made, _) in enumerate(documents) if made.model == model]
            found = self._embedded(model, [documents[place][1] for place in places])
            vectors |= dict(zip(places, found, strict=True))
        for place, (made, _) in enumerate(documents):
            if made.dimension and any(len(vector) != made.dimension for vector in vectors[place][:1]):
                raise FingerprintMismatch(model=made.model)
        return [vectors[place] for place in range(len(documents))]

    def _embedded(self, model: str, documents: Sequence[Sequence[Chunk]]) -> list[list[Vector]]:
        texts = [passage(chunk.heading, chunk.text) for chunks in documents for chunk in chunks]
        try:
            found = self._embedders.embed(model, texts) if texts else np.empty((0, 0), dtype=np.float32)
        except Unavailable as error:
            if self._stopped:
                raise Stopped from error
            raise
        ends = np.cumsum([len(chunks) for chunks in documents])[:-1]
        return [list(part) for part in np.split(found, ends)]

    def stop(self) -> None:
        """Breaks off the calls that run, too: on a busy machine one may take long."""
        self._stopped = True
        self._embedders.abort()
