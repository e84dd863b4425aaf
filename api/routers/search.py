"""Search in one collection."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.dependencies import CurrentPrincipal, CurrentServices
from api.described import says
from api.inputs import Short, Storable
from core.entities.retrieval import Passage, Retrieval
from services.retrieval.search import MAX_K

router = APIRouter(tags=["search"])

Question = Annotated[Storable, Query(max_length=4_000, description="The question, in plain words.")]
Tags = Annotated[list[Short], Query(max_length=20, description="Only documents that have all of these tags.")]


class LegsOut(BaseModel):
    vector: int | None = Field(description="Rank in the vector leg, from 1.")
    lexical: int | None = Field(description="Rank in the lexical leg, from 1.")


class HitOut(BaseModel):
    chunk_id: UUID
    document_id: UUID
    title: str
    page: int | None
    text: str
    score: float = Field(description="1 for what is first in every leg that has a say.")
    legs: LegsOut

    @classmethod
    def of(cls, passage: Passage) -> HitOut:
        return cls(
            chunk_id=passage.chunk_id,
            document_id=passage.document_id,
            title=passage.title,
            page=passage.page,
            text=passage.text,
            score=passage.score,
            legs=LegsOut(vector=passage.vector, lexical=passage.lexical),
        )


class SearchOut(BaseModel):
    hits: list[HitOut]
    took_ms: float
    evidence: float = Field(description="How well the hits cover the question, 0 to 1.")
    answerable: bool = Field(description="Whether the evidence is enough for an answer.")
    degraded: bool = Field(description="The embedding model could not be used: words alone decided.")

    @classmethod
    def of(cls, found: Retrieval) -> SearchOut:
        return cls(
            hits=[HitOut.of(passage) for passage in found.passages],
            took_ms=round(found.took_ms, 2),
            evidence=found.evidence,
            answerable=found.answerable,
            degraded=found.degraded,
        )


@router.get("/search", responses=says(404, 409))
def search_collection(
    q: Question,
    principal: CurrentPrincipal,
    services: CurrentServices,
    collection: Short = "documents",
    k: Annotated[int, Query(ge=1, le=MAX_K)] = 10,
    tags: Tags = [],  # noqa: B006 - FastAPI copies it
) -> SearchOut:
    """The passages of one collection that answer `q` best, of those that the caller may read."""
    return SearchOut.of(services.search.search(principal, collection, q, k, tags))
