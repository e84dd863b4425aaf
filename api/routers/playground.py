"""Model providers, and one question to several configurations at once."""

from __future__ import annotations

import asyncio
from uuid import UUID

from fastapi import APIRouter

from api.dependencies import CurrentPrincipal, CurrentServices
from api.playground_schemas import CompareIn, ExperimentOut, ProviderOut

router = APIRouter(tags=["playground"])

_PAUSE_SECONDS = 0.05


@router.get("/providers")
def list_providers(principal: CurrentPrincipal, services: CurrentServices) -> list[ProviderOut]:
    """Every provider, asked now whether it answers and which models it has."""
    return [ProviderOut.of(status) for status in services.providers.list(principal)]


@router.post("/compare")
async def compare(body: CompareIn, principal: CurrentPrincipal, services: CurrentServices) -> ExperimentOut:
    """Answers once every column has ended; one that failed says why in its own `error`."""
    started = await asyncio.to_thread(services.playground.start, principal, body.comparison())
    while not services.playground.wait(started, 0):
        await asyncio.sleep(_PAUSE_SECONDS)
    return ExperimentOut.of(await asyncio.to_thread(services.playground.state, principal, started))


@router.get("/compare/{experiment_id}")
def get_comparison(experiment_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> ExperimentOut:
    """A comparison as it stands, also while it is running."""
    return ExperimentOut.of(services.playground.state(principal, experiment_id))
