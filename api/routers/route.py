"""Which scenario a message belongs to, without answering it."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import CurrentPrincipal, CurrentServices
from api.schemas import Storable
from scenarios.router import DecidedBy, Decision, Route

router = APIRouter(tags=["chat"])


class RouteIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    message: Storable = Field(max_length=8_000)
    conversation_id: UUID | None = None


class RouteOut(BaseModel):
    scenario: Route = Field(description="UNSURE asks which of `question` is meant.")
    scores: dict[str, float] = Field(description="A probability for every scenario.")
    reason: str
    decided_by: DecidedBy
    question: list[Route]

    @classmethod
    def of(cls, decision: Decision) -> RouteOut:
        return cls(
            scenario=decision.scenario,
            scores=dict(decision.scores),
            reason=decision.reason,
            decided_by=decision.decided_by,
            question=list(decision.question),
        )


@router.post("/route")
def route(body: RouteIn, principal: CurrentPrincipal, services: CurrentServices) -> RouteOut:
    return RouteOut.of(services.routing.decide(principal, body.message, body.conversation_id))
