"""The embedding models that versions of collections may be indexed with, and whether each can be used now."""

from __future__ import annotations

import time
from collections.abc import Sequence

from core.entities.corpora import Fingerprint
from core.entities.people import Principal
from core.entities.versions import EmbeddingChoice
from core.errors import Forbidden, Unavailable
from core.roles import Permission
from core.settings import Settings
from rag import embedding
from rag.embedding import EmbeddingSpec
from rag.embedding.presence import problem
from services.corpora.fingerprints import largest_chunk

_TOLD_SECONDS = 5.0  # a server that hangs is not waited for by every page


class Embeddings:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._told: dict[str, tuple[float, Unavailable | None]] = {}

    def list(self, principal: Principal) -> Sequence[EmbeddingChoice]:
        """What new collections get first; for those who look after corpora."""
        if not principal.may(Permission.CORPORA_READ):
            raise Forbidden
        offered = embedding.offered(self._settings)
        return [self._choice(spec, default=spec == offered[0]) for spec in offered]

    def problem(self, made: Fingerprint) -> Unavailable | None:
        """Why questions and documents get no vectors in a version with this fingerprint; None where they do, as far as
        one can tell without loading the model, or where it needs none."""
        if not made.languages:
            return None
        spec = embedding.known(made.model)
        return Unavailable(embedding.UNKNOWN, model=made.model) if spec is None else self._problem(spec)

    def require(self, made: Fingerprint) -> None:
        """`Unavailable` with what to do where the model of `made` cannot be used now."""
        if found := self.problem(made):
            raise found

    def _choice(self, spec: EmbeddingSpec, *, default: bool) -> EmbeddingChoice:
        found = self._problem(spec)
        template, values = (found.template, found.values) if found else ("", {})
        largest = largest_chunk(spec)
        return EmbeddingChoice(spec.name, spec.languages, largest, spec.dimension, default, template, values)

    def _problem(self, spec: EmbeddingSpec) -> Unavailable | None:
        at, told = self._told.get(spec.name, (-_TOLD_SECONDS, None))
        if time.monotonic() - at >= _TOLD_SECONDS:
            at, told = time.monotonic(), problem(self._settings, spec)
            self._told[spec.name] = at, told
        return told
