"""Model providers, one question to several configurations at once, and sweeps over their parameters."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, status
from fastapi.responses import StreamingResponse

from api import shape
from api.column_events import event, news
from api.corpora_schemas import JobStartedOut
from api.dependencies import CurrentPrincipal, CurrentServices
from api.described import says
from api.playground_schemas import CompareIn, ExperimentOut, ProviderOut, SweepIn, SweepOut
from core.entities.people import Principal
from core.entities.playground import Experiment
from core.errors import NichewiseError
from services.container import Services

router = APIRouter(tags=["playground"])

EVENTS = "text/event-stream"
_PAUSE_SECONDS = 0.02  # between two looks at columns that are being written; all in memory
_QUIET_SECONDS = 15.0  # proxies close a connection on which nothing is said for a minute
_STREAMED: dict[int | str, dict[str, Any]] = {
    200: {"content": {EVENTS: {}}, "description": "With Accept: text/event-stream: started, token, column, done."}
}


@router.get("/providers")
def list_providers(principal: CurrentPrincipal, services: CurrentServices) -> list[ProviderOut]:
    """Every provider, asked now whether it answers and which models it has."""
    return [ProviderOut.of(status) for status in services.providers.list(principal)]


@router.post("/compare", response_model=ExperimentOut, responses={**_STREAMED, **says(404, 429)})
async def compare_models(
    body: CompareIn, request: Request, principal: CurrentPrincipal, services: CurrentServices
) -> Any:
    """Answers once every column has ended; one that failed says why in its own `error`.

    As events: `started` has the id; `token` adds `text` to an attempt of a column, or with `replace` stands for all of
    it; `column` is an attempt that has ended; `done` is what there is without events. Who disconnects ends nothing.
    """
    started = await asyncio.to_thread(services.playground.start, principal, body.comparison())
    if EVENTS in request.headers.get("accept", ""):
        quiet = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Experiment-Id": str(started)}
        return StreamingResponse(_told(services, principal, started, request), media_type=EVENTS, headers=quiet)
    while not services.playground.wait(started, 0):
        await asyncio.sleep(_PAUSE_SECONDS)
    return ExperimentOut.of(await asyncio.to_thread(services.playground.state, principal, started))


@router.get("/compare/{experiment_id}")
def get_comparison(experiment_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> ExperimentOut:
    """A comparison as it stands, also while it is running."""
    return ExperimentOut.of(services.playground.state(principal, experiment_id))


@router.post("/compare/{experiment_id}/stop")
def stop_comparison(
    experiment_id: UUID, principal: CurrentPrincipal, services: CurrentServices, column: int | None = None
) -> ExperimentOut:
    """Ends one column (counted from 0), or all; what they wrote stays."""
    services.playground.stop(principal, experiment_id, column)
    return ExperimentOut.of(services.playground.state(principal, experiment_id))


@router.post("/compare/{experiment_id}/sweep", status_code=status.HTTP_202_ACCEPTED, responses=says(429))
def start_sweep(
    experiment_id: UUID, body: SweepIn, principal: CurrentPrincipal, services: CurrentServices
) -> JobStartedOut:
    """Asks the question of a column at every point of temperature x top_p, as a job (`GET /api/jobs/{id}`). An earlier
    sweep of the comparison is replaced."""
    started = services.sweeps.start(
        principal, experiment_id, body.column, body.temperatures, body.top_ps, body.repeats, body.golden
    )
    return JobStartedOut(job_id=started)


@router.get("/compare/{experiment_id}/sweep")
def get_sweep(experiment_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> SweepOut:
    """How far it is, and every point that has been measured."""
    return SweepOut.of(*services.sweeps.find(principal, experiment_id))


@router.delete("/compare/{experiment_id}/sweep")
def cancel_sweep(experiment_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> SweepOut:
    """Ends it after the point that is being measured; what was measured stays."""
    services.sweeps.cancel(principal, services.sweeps.find(principal, experiment_id)[0].id)
    return SweepOut.of(*services.sweeps.find(principal, experiment_id))


async def _told(services: Services, principal: Principal, experiment_id: UUID, request: Request) -> AsyncIterator[str]:
    told: Experiment | None = None
    quiet = 0.0
    while True:
        ended = services.playground.wait(experiment_id, 0)  # first: else the last words could be missed
        try:
            state = await _state(services, principal, experiment_id, in_memory=not ended)
        except NichewiseError as error:  # somebody has deleted it meanwhile
            yield event("error", shape.error_data(error, request))
            return
        said = "".join(news(told, state, ended=ended))
        quiet = 0.0 if said else quiet + _PAUSE_SECONDS
        if said or quiet >= _QUIET_SECONDS:
            yield said or ": still working\n\n"
            quiet = 0.0
        if ended:
            return
        told = state
        await asyncio.sleep(_PAUSE_SECONDS)


async def _state(services: Services, principal: Principal, experiment_id: UUID, *, in_memory: bool) -> Experiment:
    if in_memory:
        return services.playground.state(principal, experiment_id)
    return await asyncio.to_thread(services.playground.state, principal, experiment_id)
