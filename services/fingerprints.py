"""How collections are indexed now, as the settings ask for it, and what of older ones still fits."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from core.entities.corpora import Chunk, Fingerprint
from core.entities.reading import Parsed
from core.entities.versions import IndexPlan
from core.errors import BadInput, FingerprintMismatch
from core.settings import Settings
from rag import embedding
from rag.chunking import CHUNKER, ChunkPlan, chunk, plan_for

SMALLEST_CHUNK = 32  # tokens: below that a passage is hardly a sentence
LEAST_PER_OVERLAP = 4  # a passage is at least so many times as long as what it shares with the one before


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

    def planned(self, plan: IndexPlan, before: Fingerprint) -> Fingerprint:
        """The fingerprint of the version that `plan` asks for, after one with the fingerprint `before`.

        What the plan leaves open stays as it was, as long as the model is the same. `BadInput` for sizes that the
        model cannot read.
        """
        now, spec = self.current(), embedding.describe(self._settings)
        base = replace(before, chunker=CHUNKER) if self._one_model(before, now) else now
        tokens = base.chunk_tokens if plan.chunk_tokens is None else plan.chunk_tokens
        if not SMALLEST_CHUNK <= tokens <= spec.max_tokens:
            raise BadInput(
                "A passage has %(least)s to %(most)s tokens with this embedding model.",
                least=SMALLEST_CHUNK,
                most=spec.max_tokens,
            )
        most = tokens // LEAST_PER_OVERLAP
        overlap = min(base.chunk_overlap, most) if plan.chunk_overlap is None else plan.chunk_overlap
        if not 0 <= overlap <= most:
            raise BadInput("Passages of this size overlap by 0 to %(most)s tokens.", most=most)
        spoken = base.languages if plan.languages is None else plan.languages
        if unknown := set(spoken) - set(spec.languages):
            raise BadInput(
                "The embedding model does not speak %(languages)s. Choose among the languages that it was trained for.",
                languages=", ".join(sorted(unknown)),
            )
        words = round(self._plan.max_words * tokens / spec.max_tokens)
        languages = tuple(one for one in spec.languages if one in spoken)
        return replace(base, chunk_tokens=tokens, chunk_overlap=overlap, chunk_words=words, languages=languages)

    def languages(self) -> tuple[str, ...]:
        """Those that the present embedding model was trained for."""
        return embedding.describe(self._settings).languages

    def longest_chunk(self) -> int:
        """What the present embedding model reads of a passage, in tokens."""
        return embedding.describe(self._settings).max_tokens

    def same_vectors(self, one: Fingerprint, other: Fingerprint) -> bool:
        """Whether the same passage has the same vector in versions with these fingerprints."""
        return self._one_model(one, other)

    def check(self, made: Fingerprint) -> None:
        """`FingerprintMismatch` when vectors of the present model must not stand beside those of `made`."""
        now = self.current()
        if not self._one_model(made, now):
            raise FingerprintMismatch(indexed=made.model, current=now.model)

    def chunks(self, parsed: Parsed, fingerprint: Fingerprint) -> list[Chunk]:
        """The document's chunks as the version with this fingerprint has them."""
        plan = replace(
            self._plan,
            max_tokens=fingerprint.chunk_tokens,
            overlap=fingerprint.chunk_overlap,
            spoken=fingerprint.languages,
            max_words=fingerprint.chunk_words or self._plan.max_words,
        )
        return chunk(parsed, plan)

    @staticmethod
    def _one_model(one: Fingerprint, other: Fingerprint) -> bool:
        return (one.model, one.dimension, one.normalised) == (other.model, other.dimension, other.normalised)

    @cached_property
    def _plan(self) -> ChunkPlan:
        return plan_for(self._settings)
