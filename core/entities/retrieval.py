"""What a search finds and what an answer cites."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Passage:
    """A retrieved chunk. `vector` and `lexical` are its ranks in each leg (from 1), None where that leg lacks it;
    `similarity` is the cosine, None where there is no vector; `score` is the fused one that orders the list, unless
    the cross-encoder did with `rerank`. `position` counts from 0 within the document; `copies` is how many
    near-duplicates this one stands for; `parts` are the chunks that were joined into it, in their order."""

    chunk_id: UUID
    document_id: UUID
    document_version: int
    title: str
    heading: str
    page: int | None
    text: str
    language: str
    score: float
    vector: int | None = None
    lexical: int | None = None
    similarity: float | None = None
    position: int = 0
    page_to: int | None = None
    rerank: float | None = None
    copies: int = 0
    parts: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Passages for one question from ONE collection, best first. `evidence` in [0, 1] says how well the best passages
    cover the question (see `rag.evidence`); `threshold` is the value below which an answer must be a refusal.
    `degraded`: the embedding model could not be used, so words alone decided. `collapsed` near-duplicates were left
    out, `merged` chunks joined to a neighbour. For an answer, `dropped` are the passages beyond its `budget`, which is
    in estimated tokens, as are the `tokens` of those that stayed. `reranked`: a cross-encoder put them in order."""

    question: str
    language: str
    passages: tuple[Passage, ...]
    evidence: float
    threshold: float
    took_ms: float
    degraded: bool = False
    collapsed: int = 0
    merged: int = 0
    dropped: tuple[Passage, ...] = ()
    tokens: int = 0
    budget: int | None = None
    reranked: bool = False

    @property
    def answerable(self) -> bool:
        return bool(self.passages) and self.evidence >= self.threshold


@dataclass(frozen=True, slots=True)
class Citation:
    """A snapshot of what `[n]` in an answer stood for. `text` is empty when the document is gone or not readable."""

    n: int
    chunk_id: UUID | None
    document_id: UUID | None
    document_version: int
    title: str
    page: int | None
    text: str
    score: float = 0.0
