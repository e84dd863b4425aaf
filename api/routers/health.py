"""Whether the service is there, and whether all of it can be used."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.dependencies import CurrentServices
from api.schemas import HealthOut, ReadyOut

router = APIRouter(tags=["service"])


@router.get("/health")
async def get_health() -> HealthOut:
    """Answers as long as the process does; needs no thread, so that a busy pool does not look like a dead process."""
    return HealthOut()


@router.get("/ready", responses={503: {"model": ReadyOut}})
def get_readiness(services: CurrentServices, response: Response) -> ReadyOut:
    """Each part and what is wrong with it; 503 until all that this process needs can be used."""
    parts = services.health.parts()
    if services.health.ready(parts):
        return ReadyOut(status="ok", parts=parts)
    response.status_code = 503
    return ReadyOut(status="starting", parts=parts)
