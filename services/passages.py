"""Vectors of passages: whoever embeds at the same time shares the model's calls."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.entities import Chunk
from core.errors import Unavailable
from data.stores.chunks import Vector
from rag.chunking import passage
from rag.embedder import Embedder
from services.batching import Batcher, Stopped, Traffic

# Enough to fill the model's batches with texts of one length, and few enough that there are always as many documents
# again being parsed and as many being indexed while the model works.
_TOGETHER = 96


class Passages:
    def __init__(self, embedder: Embedder, traffic: Traffic) -> None:
        self._embedder = embedder
        self._batcher = Batcher(self._embed, limit=_TOGETHER, linger=traffic.linger(0.2))
        self._stopped = False

    def vectors(self, chunks: Sequence[Chunk]) -> list[Vector]:
        """One vector per chunk, in order. `Unavailable` when the model cannot be used, `Stopped` at shutdown."""
        return self._batcher([passage(chunk.heading, chunk.text) for chunk in chunks], len(chunks)) if chunks else []

    def stop(self) -> None:
        """Breaks off the call that runs, too: on a busy machine it may take long."""
        self._stopped = True
        self._batcher.stop()
        self._embedder.abort()

    def _embed(self, texts: list[list[str]]) -> list[list[Vector]]:
        try:
            found = self._embedder.embed([text for one in texts for text in one])
        except Unavailable as error:
            if self._stopped:
                raise Stopped from error
            raise
        ends = np.cumsum([len(one) for one in texts])[:-1]
        return [list(part) for part in np.split(found, ends)]
