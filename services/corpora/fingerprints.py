"""How versions of collections are indexed: as the settings ask for new ones, and as each was made."""

from __future__ import annotations

from dataclasses import replace

from core.entities.corpora import Chunk, Fingerprint
from core.entities.reading import Parsed
from core.entities.versions import IndexPlan
from core.errors import BadInput, FingerprintMismatch
from core.settings import Settings
from rag import embedding
from rag.chunking import CHUNKER, ChunkPlan, chunk, plan_for
from rag.embedding import EmbeddingSpec

SMALLEST_CHUNK = 32  # tokens: below that a passage is hardly a sentence
LARGEST_CHUNK = 600  # tokens: the chunker puts no more than 300 words into a passage, whatever the model reads
_TOKENS_PER_WORD = 2  # of a model whose tokenizer is not asked
LEAST_PER_OVERLAP = 4  # a passage is at least so many times as long as what it shares with the one before


class Fingerprints:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._plans: dict[str, ChunkPlan] = {}

    def current(self) -> Fingerprint:
        """Of a new collection."""
        return _fresh(embedding.describe(self._settings))

    def planned(self, plan: IndexPlan, before: Fingerprint) -> Fingerprint:
        """The fingerprint of the version that `plan` asks for, after one with the fingerprint `before`.

        What the plan leaves open stays as it was, as long as the model is the same. `BadInput` for a model that is not
        offered here, and for sizes and languages that it cannot read.
        """
        spec = self.model(plan, before)
        fresh = _fresh(spec)
        base = replace(before, chunker=CHUNKER) if self.same_vectors(before, fresh) else fresh
        tokens = base.chunk_tokens if plan.chunk_tokens is None else plan.chunk_tokens
        if not SMALLEST_CHUNK <= tokens <= largest_chunk(spec):
            raise BadInput(
                "A passage has %(least)s to %(most)s tokens with this embedding model.",
                least=SMALLEST_CHUNK,
                most=largest_chunk(spec),
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
        return replace(
            base,
            dimension=fresh.dimension,
            chunk_tokens=tokens,
            chunk_overlap=overlap,
            chunk_words=self._words(spec, tokens),
            languages=tuple(one for one in spec.languages if one in spoken),
            chosen=spec.name != embedding.describe(self._settings).name,
        )

    def model(self, plan: IndexPlan, before: Fingerprint) -> EmbeddingSpec:
        """The model that `plan` asks for, after a version with the fingerprint `before`."""
        offered = {spec.name: spec for spec in embedding.offered(self._settings)}
        if plan.model is None:
            kept = offered.get(before.model) if before.chosen else None
            return kept or embedding.describe(self._settings)
        asked = embedding.known(plan.model)
        if asked is None or asked.name not in offered:
            raise BadInput(
                "There is no embedding model called %(model)s here. Choose one of: %(models)s.",
                model=plan.model,
                models=", ".join(offered),
            )
        return offered[asked.name]

    def same_vectors(self, one: Fingerprint, other: Fingerprint) -> bool:
        """Whether the same passage has the same vector in versions with these fingerprints."""
        sizes = {one.dimension, other.dimension} - {0}
        return (one.model, one.normalised) == (other.model, other.normalised) and len(sizes) <= 1

    def check(self, made: Fingerprint) -> None:
        """`FingerprintMismatch` when no model here can make vectors to stand beside those of `made`."""
        spec = embedding.known(made.model)
        if spec is None or not self.same_vectors(made, _fresh(spec)):
            raise FingerprintMismatch(model=made.model)

    def chunks(self, parsed: Parsed, fingerprint: Fingerprint) -> list[Chunk]:
        """The document's chunks as the version with this fingerprint has them. `FingerprintMismatch` where its model is
        not known here."""
        spec = embedding.known(fingerprint.model)
        if spec is None:
            raise FingerprintMismatch(model=fingerprint.model)
        cut = self._plan(spec)
        plan = replace(
            cut,
            max_tokens=fingerprint.chunk_tokens,
            overlap=fingerprint.chunk_overlap,
            spoken=fingerprint.languages,
            max_words=fingerprint.chunk_words or cut.max_words,
        )
        return chunk(parsed, plan)

    def _words(self, spec: EmbeddingSpec, tokens: int) -> int:
        """How many words a passage has that is not measured in tokens."""
        cut = self._plan(spec)
        if cut.tokenizer is None:
            return min(cut.max_words, tokens // _TOKENS_PER_WORD)
        return round(cut.max_words * tokens / spec.max_tokens)

    def _plan(self, spec: EmbeddingSpec) -> ChunkPlan:
        if spec.name not in self._plans:
            self._plans[spec.name] = plan_for(embedding.choose(self._settings, spec.name))
        return self._plans[spec.name]


def largest_chunk(spec: EmbeddingSpec) -> int:
    """In tokens."""
    return min(spec.max_tokens, LARGEST_CHUNK)


def _fresh(spec: EmbeddingSpec) -> Fingerprint:
    """Only what is shipped is certain to be what its name says; the vectors of others are measured."""
    return Fingerprint(
        model=spec.name,
        dimension=spec.dimension if spec.name == embedding.BUILTIN.name else 0,
        normalised=spec.normalised,
        languages=spec.languages,
        chunk_tokens=largest_chunk(spec),
        chunk_overlap=ChunkPlan().overlap,
        chunker=CHUNKER,
    )
