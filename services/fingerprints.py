"""How collections are indexed now, as the settings ask for it, and what of older ones still fits."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from core.entities import Chunk, Fingerprint, Parsed
from core.errors import FingerprintMismatch
from core.settings import Settings
from rag import embedding
from rag.chunking import CHUNKER, ChunkPlan, chunk, plan_for


class Fingerprints:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def current(self) -> Fingerprint:
        spec = embedding.describe(self._settings)
        return Fingerprint(
            model=spec.name,
            dimension=spec.dimension,
            normalised=spec.normalised,
            languages=spec.languages,
            chunk_tokens=spec.max_tokens,
            chunk_overlap=ChunkPlan().overlap,
            chunker=CHUNKER,
        )

    def check(self, made: Fingerprint) -> None:
        """`FingerprintMismatch` when vectors of the present model must not stand beside those of `made`."""
        now = self.current()
        if (made.model, made.dimension, made.normalised) != (now.model, now.dimension, now.normalised):
            raise FingerprintMismatch(indexed=made.model, current=now.model)

    def chunks(self, parsed: Parsed, fingerprint: Fingerprint) -> list[Chunk]:
        """The document's chunks as the version with this fingerprint has them."""
        plan = replace(self._plan, max_tokens=fingerprint.chunk_tokens, overlap=fingerprint.chunk_overlap)
        return chunk(parsed, plan)

    @cached_property
    def _plan(self) -> ChunkPlan:
        return plan_for(self._settings)
