"""Checks a version before anybody is answered from it, and writes down how it compares with the one before."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID

from core.entities.corpora import Chunk, CollectionVersion
from core.entities.versions import Check, Figures, GoldenOutcome, Sampled, VersionReport
from core.errors import FingerprintMismatch, Unavailable
from data.database import Database
from data.stores.vectors import Vector
from rag import fusion
from rag.lexical import Lexical
from rag.vectors import Vectors
from services.corpora.building import Made
from services.corpora.comparing import Comparing, Differences
from services.corpora.fingerprints import Fingerprints
from services.files.passages import Passages

# A version passes when nine of ten sampled sentences bring up a passage that holds them among the first five; one whose
# words or vectors are those of other passages stays below 20 %. Texts of one pattern bring up one another (the shipped
# niche articles: 87 %): there the version that is searched now is the measure.
PASS_MARK = 0.9
_LEAST_MARK = 0.5  # whatever the version before reaches
_MARGIN = 0.02
_WITHIN = 5
_SAMPLE = 60
_DEPTH = 20  # hits of each leg that are fused
_LEAST_WORDS, _MOST_WORDS = 5, 30
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_WORD = re.compile(r"\w+")

# By version id; None: the collection has no golden questions. The second is called now and then, and may raise.
Golden = Callable[[UUID, Callable[[], None]], GoldenOutcome | None]


@dataclass(frozen=True, slots=True)
class _Question:
    """A sentence of a passage, and its vector where the model speaks its language."""

    sentence: str
    origin: Sampled
    vector: Vector | None = None


class Verification:
    """`golden` runs the collection's golden questions on a version that is not active yet."""

    def __init__(
        self,
        db: Database,
        vectors: Vectors,
        lexical: Lexical,
        passages: Passages,
        fingerprints: Fingerprints,
        comparing: Comparing,
        golden: Golden | None = None,
    ) -> None:
        self._db = db
        self._vectors = vectors
        self._lexical = lexical
        self._passages = passages
        self._fingerprints = fingerprints
        self._comparing = comparing
        self.golden = golden

    def report(
        self,
        version: CollectionVersion,
        before: CollectionVersion,
        made: Made,
        seconds: float,
        check: Callable[[], None] = lambda: None,
    ) -> VersionReport:
        """Mends what a crash left half done, then looks at all of the version; `seconds` is how long it took to build.

        `before` is the version that is searched now; `check` raises when the version is wanted no longer.
        """
        differences = self._comparing.settled(version)
        questions = self._questions(version)
        held = {one.origin.chunk_id: self._holds(version, one) for one in questions}
        shared = self._overlaps(version, before, questions)
        golden = self.golden(version.id, check) if self.golden else None
        with self._db.begin() as tx:
            old, new = tx.versions.figures(before.id), tx.versions.figures(version.id)
            put, there = tx.versions.built(version.id)  # what became ready meanwhile is added before the switch
            asked = tx.versions.chunks_of(held)  # without those of documents that were deleted meanwhile
        checks = [
            Check("documents", put, there, passed=put == there),
            *index_checks(new, differences),
            self._self_search(before, [one for one in questions if one.origin.chunk_id in asked], held),
        ]
        if golden is not None:
            checks.append(Check("golden", 1, float(golden.passed), golden.passed))
        return VersionReport(
            made_at=datetime.now(UTC),
            seconds=round(seconds, 1),
            before=old if old.chunks else None,
            after=new,
            checks=tuple(checks),
            sampled=len(questions),
            compared=len(shared),
            overlap=sum(shared) / len(shared) if shared else None,
            reused=made.reused,
            embedded=made.embedded,
            golden=golden,
        )

    # --- sentences --------------------------------------------------------------------------------------------------

    def _questions(self, version: CollectionVersion) -> list[_Question]:
        with self._db.begin() as tx:
            sampled = tx.versions.sample(version.id, _SAMPLE)
        asked = [_Question(sentence, one) for one in sampled if (sentence := telling(one.chunk.text))]
        return self._embedded(version, asked)

    def _embedded(self, version: CollectionVersion, questions: Sequence[_Question]) -> list[_Question]:
        """The same with vectors of the version's model, where it speaks their language."""
        spoken = [one for one in questions if self._speaks(version, one.origin.chunk)]
        vectors = self._passages.vectors(version.fingerprint, [_as_chunk(one) for one in spoken])
        known = {one.origin.chunk_id: vector for one, vector in zip(spoken, vectors, strict=True)}
        return [replace(one, vector=known.get(one.origin.chunk_id)) for one in questions]

    def _asked_before(self, before: CollectionVersion, questions: Sequence[_Question]) -> list[_Question]:
        """For the version before; where its model cannot be used any more, words alone are compared."""
        try:
            return self._embedded(before, questions)
        except (Unavailable, FingerprintMismatch):
            return [replace(one, vector=None) for one in questions]

    def _speaks(self, version: CollectionVersion, chunk: Chunk) -> bool:
        return chunk.language in version.fingerprint.languages

    def _holds(self, version: CollectionVersion, question: _Question) -> bool:
        """Whether the sentence brings up its passage, or another one that holds it too."""
        first = self._ranked(version, question)[:_WITHIN]
        if question.origin.chunk_id in first:
            return True
        with self._db.begin() as tx:
            texts = tx.versions.chunks_of(first)
        return any(question.sentence in found.chunk.text for found in texts.values())

    def _self_search(
        self, before: CollectionVersion, questions: Sequence[_Question], held: Mapping[UUID, bool]
    ) -> Check:
        share = _share([held[one.origin.chunk_id] for one in questions])
        mark = PASS_MARK
        if share < mark:
            reached = _share([self._holds(before, one) for one in self._asked_before(before, questions)])
            mark = min(mark, max(round(reached - _MARGIN, 4), _LEAST_MARK))
        return Check("self_search", mark, round(share, 4), passed=share >= mark)

    def _overlaps(
        self, version: CollectionVersion, before: CollectionVersion, questions: Sequence[_Question]
    ) -> list[float]:
        """For each question the share of documents that the first hits of both versions have in common, each asked with
        its own model."""
        made, earlier = version.fingerprint, before.fingerprint
        alike = made.languages == earlier.languages and self._fingerprints.same_vectors(made, earlier)
        asked = questions if alike else self._asked_before(before, questions)
        shares = []
        for question, of_before in zip(questions, asked, strict=True):
            old, new = self._documents(before, of_before), self._documents(version, question)
            if old or new:
                shares.append(len(old & new) / len(old | new))
        return shares

    def _documents(self, version: CollectionVersion, question: _Question) -> set[UUID]:
        with self._db.begin() as tx:
            found = tx.versions.chunks_of(self._ranked(version, question)[:_WITHIN])
        return {one.document_id for one in found.values()}

    def _ranked(self, version: CollectionVersion, question: _Question) -> list[UUID]:
        """Ids of chunks as both legs together rank them, whoever may read them: nobody is shown any."""
        name, language = version.vector_name, question.origin.chunk.language
        words = fusion.ranks(self._lexical.search(name, question.sentence, language, _DEPTH))
        near = None
        if question.vector is not None and self._speaks(version, question.origin.chunk):
            near = fusion.ranks(self._vectors.query(name, question.vector.tolist(), _DEPTH))
        return fusion.order(fusion.fuse(words, near), words)


def index_checks(figures: Figures, differences: Differences) -> list[Check]:
    """Whether words and vectors are those of SQL."""
    words, vectors = figures.chunks - len(differences.no_words), figures.vectors - len(differences.no_vector)
    return [
        Check("words", figures.chunks, words, passed=not differences.words_differ),
        Check(
            "vectors",
            figures.vectors + len(differences.unembedded),
            vectors,
            passed=not (differences.no_vector or differences.lone_vectors or differences.unembedded),
        ),
    ]


def telling(text: str) -> str:
    """The longest sentence of a passage that is a sentence to search with; empty when there is none."""
    found = [sentence.strip() for sentence in _SENTENCE.split(text)]
    fitting = [one for one in found if _LEAST_WORDS <= len(_WORD.findall(one)) <= _MOST_WORDS]
    return max(fitting, key=len, default="")


def _as_chunk(question: _Question) -> Chunk:
    return replace(question.origin.chunk, text=question.sentence, heading="")


def _share(held: Sequence[bool]) -> float:
    return sum(held) / len(held) if held else 1.0
