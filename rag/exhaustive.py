"""Cosines of every one of a few chunks, over vectors kept in memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from uuid import UUID

import numpy as np

from data.stores.vectors import Vector

_KEPT = 16_000_000  # numbers: 64 MB, 40,000 vectors of 384 dimensions

_ENTRY = 32  # numbers that the keeping of one takes beside them

Fetch = Callable[[Collection[UUID]], dict[UUID, Vector]]


class ExactVectors:
    """A bounded cache of chunk vectors. A chunk's vector never changes under its id, so nothing is ever stale; that a
    chunk has none is remembered too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[UUID, Vector | None] = OrderedDict()
        self._size = 0

    def nearest(self, question: Sequence[float], ids: Sequence[UUID], k: int, fetch: Fetch) -> list[tuple[UUID, float]]:
        """The `k` of `ids` whose vectors (fetched where they are not known) have the highest cosines, highest first."""
        found = [(key, vector) for key, vector in self._vectors(ids, fetch) if vector is not None]
        if not found:
            return []
        matrix = np.stack([vector for _, vector in found])
        asked = np.asarray(question, dtype=np.float32)
        cosines = matrix @ asked / (np.linalg.norm(matrix, axis=1) * np.linalg.norm(asked))
        best = np.argsort(-cosines, kind="stable")[:k]
        return [(found[i][0], float(cosines[i])) for i in best]

    def _vectors(self, ids: Sequence[UUID], fetch: Fetch) -> Iterable[tuple[UUID, Vector | None]]:
        with self._lock:
            known = {key: self._kept[key] for key in ids if key in self._kept}
        unknown = [key for key in ids if key not in known]
        if unknown:
            fetched = fetch(unknown)
            known |= {key: fetched.get(key) for key in unknown}
        self._keep(known)
        return known.items()

    def _keep(self, used: dict[UUID, Vector | None]) -> None:
        with self._lock:
            for key, vector in used.items():
                if key not in self._kept:
                    self._kept[key] = vector
                    self._size += _numbers(vector)
                self._kept.move_to_end(key)
            while self._size > _KEPT:
                self._size -= _numbers(self._kept.popitem(last=False)[1])


def _numbers(vector: Vector | None) -> int:
    """What an entry counts; that a chunk has no vector is not free either."""
    return _ENTRY if vector is None else _ENTRY + len(vector)
