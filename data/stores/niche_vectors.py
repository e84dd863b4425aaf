"""Embeddings of the wordings of niches, kept by the hash of the text and the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from data.stores.membership import among
from data.tables.niches import niche_vectors

_DTYPE = np.dtype("<f4")


class NicheVectors:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, model: str, contents: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vectors that are there, by hash of the content."""
        table = niche_vectors.c
        query = select(table.content, table.vector).where(table.model == model, among(table.content, contents))
        rows = self._connection.execute(query)
        return {row.content: np.frombuffer(row.vector, _DTYPE) for row in rows}

    def put(self, model: str, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        rows = [
            {"content": content, "model": model, "vector": vector.astype(_DTYPE).tobytes()}
            for content, vector in vectors.items()
        ]
        if rows:
            self._connection.execute(upsert(niche_vectors).on_conflict_do_nothing(), rows)

    def keep_only(self, model: str, contents: Iterable[str]) -> None:
        """Forgets the vectors of other texts, and of other models."""
        kept = among(niche_vectors.c.content, contents)
        self._connection.execute(delete(niche_vectors).where((niche_vectors.c.model != model) | ~kept))
