"""Vectors of passages: whoever embeds at the same time shares the model's calls."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.entities import Chunk
from data.stores.chunks import Vector
from rag.chunking import passage
from rag.embedder import Embedder
from services.batching import Batcher

# A call takes about 1.5 s on two cores: long enough to fill the model's batches with texts of one length, short enough
# for a shutdown to wait for.
_TOGETHER = 96


class Passages:
    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._batcher = Batcher(self._embed, limit=_TOGETHER)

    def vectors(self, chunks: Sequence[Chunk]) -> list[Vector]:
        """One vector per chunk, in order. `Unavailable` when the model cannot be used, `Stopped` at shutdown."""
        return self._batcher([passage(chunk.heading, chunk.text) for chunk in chunks], len(chunks)) if chunks else []

    def stop(self) -> None:
        self._batcher.stop()

    def _embed(self, texts: list[list[str]]) -> list[list[Vector]]:
        found = self._embedder.embed([text for one in texts for text in one])
        ends = np.cumsum([len(one) for one in texts])[:-1]
        return [list(part) for part in np.split(found, ends)]
