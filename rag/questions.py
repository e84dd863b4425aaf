"""Vectors of questions: the embedding models in the serving process, each loaded when it is first needed."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from core.errors import Unavailable
from core.settings import Settings
from rag import embedding

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding

log = logging.getLogger(__name__)

MOST_LOADED = 4  # models that are in memory at once; the one that was asked longest ago makes room
_RETRY_SECONDS = 30.0  # a server that is down is not asked again by every question
_MOST_REMEMBERED = 1_000  # vectors of questions: 12 MB of 384 dimensions
_MAX_CHARACTERS = 4_000  # more than any of the models reads


class Questions:
    """Embeds questions with any model that a fingerprint names; safe to call from several threads. Without a name it
    is the one that the settings give to new collections."""

    def __init__(self, settings: Settings) -> None:
        embedding.offered(settings)  # a setting that names no model ends the start
        self._settings = settings
        self._spec = embedding.describe(settings)
        self._choosing = threading.Lock()
        self._models: OrderedDict[str, _Model] = OrderedDict()
        self._remembering = threading.Lock()
        self._remembered: OrderedDict[tuple[str, str], list[float]] = OrderedDict()  # by model and the very words

    @property
    def model_name(self) -> str:
        return self._spec.name

    def speaks(self, language: str) -> bool:
        return self._spec.speaks(language)

    def vector(self, question: str, name: str = "") -> list[float] | None:
        """The vector of `question`, None while the model cannot be used."""
        name = name or self.model_name
        with self._remembering:
            if (known := self._remembered.get((name, question))) is not None:
                self._remembered.move_to_end((name, question))
                return known
        model = self._model(name)
        try:
            vector = model.embed(question[:_MAX_CHARACTERS])
        except Unavailable as error:
            log.warning("Questions to %s are searched by words alone: %s", name, error.message)
            return None
        if vector is not None:
            self._remember((name, question), vector)
        return vector

    def model(self, name: str = "") -> BaseEmbedding:
        """The model in memory. `Unavailable` if it is not exported, or its server does not answer."""
        return self._model(name or self.model_name).get()

    def warm(self, names: Iterable[str]) -> None:
        """Loads the models, so that the first question need not wait; one that cannot be used is only noted."""
        for name in list(dict.fromkeys(names))[:MOST_LOADED]:
            try:
                self.model(name)
            except Unavailable as error:
                log.warning("The embedding model %s cannot be used: %s", name, error.message)

    def _model(self, name: str) -> _Model:
        with self._choosing:
            model = self._models.setdefault(name, _Model(self._settings, name))
            self._models.move_to_end(name)
            while len(self._models) > MOST_LOADED:
                self._models.popitem(last=False)
            return model

    def _remember(self, key: tuple[str, str], vector: list[float]) -> None:
        with self._remembering:
            self._remembered[key] = vector
            while len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.popitem(last=False)


class _Model:
    """One model: whoever asks for it first loads it, and those who ask meanwhile wait for that; nobody waits for
    another model. After a failure it is left alone for a while."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings, self._name = settings, name
        self._loading = threading.Lock()
        self._loaded: BaseEmbedding | None = None
        self._failed_at = -_RETRY_SECONDS

    def get(self) -> BaseEmbedding:
        with self._loading:
            if self._loaded is None:
                try:
                    # A question takes 3.5 ms of processor time with one thread, and 6.3 with two that wait for each
                    # other.
                    self._loaded = embedding.load(embedding.choose(self._settings, self._name), threads=1)
                except Unavailable:
                    self._failed_at = time.monotonic()
                    raise
            return self._loaded

    def embed(self, question: str) -> list[float] | None:
        """None while it is left alone; `Unavailable` when it fails now."""
        if not self._resting:
            with self._loading:  # those who waited while it failed do not try again one after the other
                pass
        if self._resting:
            return None
        try:
            return self.get().get_query_embedding(question)
        except Unavailable:
            self._failed_at = time.monotonic()
            raise

    @property
    def _resting(self) -> bool:
        return time.monotonic() - self._failed_at < _RETRY_SECONDS
