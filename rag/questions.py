"""Vectors of questions: the embedding model in the serving process, loaded when it is first needed."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from core.entities.corpora import Fingerprint
from core.errors import FingerprintMismatch, Unavailable
from core.settings import Settings
from rag import embedding

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding

log = logging.getLogger(__name__)

_RETRY_SECONDS = 30.0  # a server that is down is not asked again by every question
_MOST_REMEMBERED = 1_000  # vectors of questions: 12 MB of 384 dimensions
_MAX_CHARACTERS = 4_000  # more than any of the models reads


class Questions:
    """Embeds questions with the model that the settings name; safe to call from several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._spec = embedding.describe(settings)
        self._loading = threading.Lock()
        self._remembering = threading.Lock()
        self._remembered: OrderedDict[str, list[float]] = OrderedDict()  # by the very words
        self._model: BaseEmbedding | None = None
        self._failed_at = -_RETRY_SECONDS

    def check(self, made: Fingerprint) -> None:
        """`FingerprintMismatch` when questions must not be compared with the vectors of `made`."""
        spec = self._spec
        same = (made.model, made.normalised) == (spec.name, spec.normalised)
        if not same or (spec.dimension and made.dimension and spec.dimension != made.dimension):
            raise FingerprintMismatch(indexed=made.model, current=spec.name)

    @property
    def model_name(self) -> str:
        return self._spec.name

    def speaks(self, language: str) -> bool:
        return self._spec.speaks(language)

    def vector(self, question: str) -> list[float] | None:
        """The vector of `question`, None while the model cannot be used."""
        if time.monotonic() - self._failed_at < _RETRY_SECONDS:
            return None
        with self._remembering:
            if (known := self._remembered.get(question)) is not None:
                self._remembered.move_to_end(question)
                return known
        try:
            vector = self.model().get_query_embedding(question[:_MAX_CHARACTERS])
            self._remember(question, vector)
            return vector
        except Unavailable as error:
            self._failed_at = time.monotonic()
            log.warning("Questions are searched by words alone: %s", error.message)
            return None

    def _remember(self, question: str, vector: list[float]) -> None:
        with self._remembering:
            self._remembered[question] = vector
            while len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.popitem(last=False)

    def model(self) -> BaseEmbedding:
        """The model in memory. Unavailable if it is not exported, or its server does not answer."""
        with self._loading:
            if self._model is None:
                # A question takes 3.5 ms of processor time with one thread, and 6.3 with two that wait for each other.
                self._model = embedding.load(self._settings, threads=1)
            return self._model
