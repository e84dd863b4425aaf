"""Values of golden sets, their runs and the retrieval lab that cross layers: frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from core.entities.corpora import JobRun
from core.entities.retrieval import Passage, Retrieval


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    """How the legs of a collection are weighed and what is made of the passages they find. The weights and the rank
    constant are kept by embedding model.

    `rank_constant` is that of reciprocal rank fusion; `threshold` is the evidence below which an answer is a refusal;
    `context_tokens` is how much of the passages an answer is written from (estimated by length). `collapse` leaves
    near-duplicates out, `merge` joins neighbouring chunks of one page for an answer, `rerank` asks the cross-encoder.
    """

    lexical_weight: float = 1.0
    vector_weight: float = 1.0
    rank_constant: int = 10
    threshold: float = 0.5
    collapse: bool = True
    merge: bool = True
    context_tokens: int = 4_000
    rerank: bool = False

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """From stored JSON; a field that is not there has its default."""
        known = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


@dataclass(frozen=True, slots=True)
class GateRule:
    """What a version must reach before it is published; None asks for nothing. `least_recall` is recall@5 in [0, 1],
    `most_loss` how far its recall@5 may lie below that of the active version."""

    least_recall: float | None = None
    most_loss: float | None = None


@dataclass(frozen=True, slots=True)
class NewGolden:
    """A question and what should be found for it: a document (its title or file name), a passage's text, or both.
    `answer` is the short answer, where it is known. `origin` says where the question came from."""

    question: str
    document: str = ""
    passage: str = ""
    answer: str = ""
    language: str = ""
    origin: str = ""

    @property
    def open(self) -> bool:
        """Nothing is expected yet: no run can count it."""
        return not (self.document or self.passage)


@dataclass(frozen=True, slots=True)
class GoldenQuestion(NewGolden):
    id: UUID = field(kw_only=True)
    created_at: datetime = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class GoldenCount:
    """Of one collection: `ready` questions that runs count, by language; `open` ones wait to be completed."""

    ready: Mapping[str, int]
    open: int

    @property
    def total(self) -> int:
        return sum(self.ready.values())


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its 95 % confidence interval, by bootstrap over the questions."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Measures:
    """Of `questions` questions: shares in [0, 1]. `answered`: those whose evidence reaches the threshold."""

    questions: int
    recall_1: Interval
    recall_5: Interval
    recall_10: Interval
    mrr_10: Interval
    ndcg_10: Interval
    answered: float
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A ranked passage of a run, without its text, which stays with the document."""

    chunk_id: UUID
    document_id: UUID
    expected: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question in one run. `rank` is that of the first expected passage among ten, None if none is expected."""

    question_id: UUID
    language: str
    rank: int | None
    evidence: float
    answerable: bool
    took_ms: float
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A run of the golden set against one version with one kind of settings. `measures` by language, "" for all of
    them; empty until it is done. `apply`: the settings become the collection's if they are not worse than `baseline`'s.
    """

    id: UUID
    collection_id: UUID
    version_id: UUID | None  # None once the version is gone
    version: int
    settings: RetrievalSettings
    purpose: Literal["measure", "apply", "gate"]
    baseline_id: UUID | None
    measures: Mapping[str, Measures]
    job: JobRun
    author: str
    note: str = ""

    @property
    def done(self) -> bool:
        return self.job.status == "done"


@dataclass(frozen=True, slots=True)
class Shown:
    """A hit as a reader sees it; `title` is empty where the document is gone or not readable."""

    rank: int
    title: str
    text: str
    expected: bool


@dataclass(frozen=True, slots=True)
class Change:
    """One question in two runs, with both rankings; `loss` is how much reciprocal rank it lost (negative: gained)."""

    question: GoldenQuestion
    before: Outcome
    after: Outcome
    loss: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """`after` against `before` over the questions of both, worst losses first. `p_value` is that of the paired
    randomisation test on reciprocal ranks."""

    before: Evaluation
    after: Evaluation
    changes: tuple[Change, ...]
    better: int
    worse: int
    same: int
    difference: float
    p_value: float

    @property
    def significant(self) -> bool:
        return self.p_value < 0.05


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a version may be published. `reason` is a sentence (a gettext message id) with `values`."""

    passed: bool
    reason: str
    values: Mapping[str, Any] = field(default_factory=dict)
    recall: float | None = None
    active_recall: float | None = None
    questions: int = 0


@dataclass(frozen=True, slots=True)
class LegHit:
    """A passage as one leg ranked it: BM25 for words, the cosine for vectors."""

    rank: int
    score: float
    passage: Passage


@dataclass(frozen=True, slots=True)
class Trace:
    """One question on its way. `timings` are milliseconds by step, in their order; `vector` is None where that leg has
    no say; `copies` are near-duplicates with the passage each one repeats; `readable` is how many chunks may be seen.
    """

    retrieval: Retrieval
    for_answer: Retrieval
    lexical: tuple[LegHit, ...]
    vector: tuple[LegHit, ...] | None
    copies: tuple[tuple[Passage, Passage], ...]
    timings: Mapping[str, float]
    settings: RetrievalSettings
    exhaustive: bool


@dataclass(frozen=True, slots=True)
class Tuned:
    """The best point of a grid over weights, by MRR@10 on the golden set, beside the legs alone. `grid` maps
    (vector weight, rank constant) to MRR@10; `held_out` is the MRR@10 of points chosen on the other half."""

    settings: RetrievalSettings
    questions: int
    mrr: float
    now: float
    lexical: float
    vector: float | None
    held_out: float
    grid: Mapping[tuple[float, int], float]
