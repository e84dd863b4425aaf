"""Which scenario a message belongs to, without answering it."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.dependencies import CurrentPrincipal, CurrentServices
from api.described import says
from api.inputs import Input, example
from scenarios.router import DecidedBy, Decision, Route

router = APIRouter(tags=["chat"])


class RouteIn(Input):
    model_config = example(message="How much does a bakery earn?")

    message: str = Field(max_length=8_000)
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


@router.post("/route", responses=says(404, 429))
def route_message(body: RouteIn, principal: CurrentPrincipal, services: CurrentServices) -> RouteOut:
    """Which scenario would answer, how sure that is, and who decided; nothing is answered, and no language model is
    asked."""
    return RouteOut.of(services.turns.decide(principal, body.message, body.conversation_id))
