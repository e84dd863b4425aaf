"""Vectors of passages, embedded in the niced child."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.entities.corpora import Chunk
from core.errors import Unavailable
from data.stores.chunks import Vector
from rag.chunking import passage
from rag.embedder import Embedder
from services.batching import Stopped


class Passages:
    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._stopped = False

    def vectors(self, chunks: Sequence[Chunk]) -> list[Vector]:
        """One vector per chunk, in order. `Unavailable` when the model cannot be used, `Stopped` at shutdown."""
        return self.of_many([chunks])[0]

    def of_many(self, documents: Sequence[Sequence[Chunk]]) -> list[list[Vector]]:
        """The same for the chunks of several documents in one call of the model."""
        texts = [passage(chunk.heading, chunk.text) for chunks in documents for chunk in chunks]
        try:
            found = self._embedder.embed(texts)
        except Unavailable as error:
            if self._stopped:
                raise Stopped from error
            raise
        ends = np.cumsum([len(chunks) for chunks in documents])[:-1]
        return [list(part) for part in np.split(found, ends)]

    def stop(self) -> None:
        """Breaks off the call that runs, too: on a busy machine it may take long."""
        self._stopped = True
        self._embedder.abort()
