"""The child processes that embed passages: one per embedding model, each while it has work."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from core.errors import Unavailable
from core.settings import Settings
from rag import embedding
from rag.embedder import Embedder, Vectors


class Embedders:
    """Embeds passages with any model that a fingerprint names. A child is started by the first call for its model and
    ends when it has rested for a while; safe to call from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._by_model: dict[str, Embedder] = {}
        self._aborted = False

    def embed(self, model: str, texts: Sequence[str]) -> Vectors:
        """Vectors (n, dimension) in the order of `texts`; `Unavailable` with a sentence if the model cannot be used."""
        return self._of(model).embed(texts)

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of the children that run, by model."""
        return {model: pid for model, one in list(self._by_model.items()) if (pid := one.pid) is not None}

    def abort(self) -> None:
        """End every child at once, in the middle of a call if there is one; that call and later ones raise
        `Unavailable`."""
        with self._lock:
            self._aborted = True
            for one in self._by_model.values():
                one.abort()

    def close(self) -> None:
        """End every child; the next call starts another."""
        with self._lock:
            embedders = list(self._by_model.values())
        for one in embedders:
            one.close()

    def _of(self, model: str) -> Embedder:
        with self._lock:
            if self._aborted:
                raise Unavailable
            if model not in self._by_model:
                self._by_model[model] = Embedder(embedding.choose(self._settings, model))
            return self._by_model[model]
