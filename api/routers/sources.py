"""Sources besides upload: a collection's, their runs, and the hosts that they may reach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import APIRouter, Query

from api.dependencies import CurrentPrincipal, CurrentServices
from api.described import says
from api.inputs import Name, Short
from api.source_schemas import (
    HostIn,
    HostOut,
    RunIn,
    RunOut,
    RunStartedOut,
    SampleOut,
    SourceChangesIn,
    SourceIn,
    SourceOut,
    SourceTrial,
)
from core.entities.people import Principal
from core.entities.sources import Source
from core.roles import Permission
from services.container import Services
from services.sources.registry import SourceChanges

router = APIRouter(tags=["sources"])


@router.get("/collections/{name}/sources")
def list_sources(name: Name, principal: CurrentPrincipal, services: CurrentServices) -> list[SourceOut]:
    """Those of a collection, with their last runs. For those who look after corpora."""
    return [_out(principal, services, source) for source in services.sources.list(principal, name)]


@router.post("/collections/{name}/sources", status_code=201, responses=says(409))
def create_source(name: Name, body: SourceIn, principal: CurrentPrincipal, services: CurrentServices) -> SourceOut:
    """With an interval its first run comes at once. For administrators."""
    made = services.sources.create(principal, name, body.kind, body.name, body.config, body.interval_minutes)
    return _out(principal, services, made)


@router.post("/sources/test")
def try_source(body: SourceTrial, principal: CurrentPrincipal, services: CurrentServices) -> list[SampleOut]:
    """The first records that such a source would give; nothing is stored."""
    return [SampleOut.of(one) for one in services.sources.preview(principal, body.kind, body.config)]


@router.get("/sources/{source_id}")
def get_source(source_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> SourceOut:
    """With its last run; a sign stands for each credential."""
    return _out(principal, services, services.sources.get(principal, source_id))


@router.patch("/sources/{source_id}", responses=says(409))
def change_source(
    source_id: UUID, body: SourceChangesIn, principal: CurrentPrincipal, services: CurrentServices
) -> SourceOut:
    """Where the configuration changes, the next run looks into every record."""
    changes = cast(SourceChanges, body.model_dump(exclude_unset=True))
    changed = services.sources.update(principal, source_id, changes)
    return _out(principal, services, changed)


@router.delete("/sources/{source_id}", responses=says(409))
def delete_source(
    source_id: UUID,
    principal: CurrentPrincipal,
    services: CurrentServices,
    documents: Annotated[bool, Query(description="Also those that came with it; a run does that.")] = False,
) -> RunStartedOut:
    """Its documents stay, unless `documents` says otherwise."""
    return RunStartedOut(run_id=services.sources.delete(principal, source_id, documents=documents))


@router.get("/sources/{source_id}/runs")
def list_runs(source_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> list[RunOut]:
    """The ledger, newest first."""
    return [RunOut.of(run) for run in services.sources.runs(principal, source_id)]


@router.post("/sources/{source_id}/runs", status_code=202, responses=says(409))
def start_run(source_id: UUID, body: RunIn, principal: CurrentPrincipal, services: CurrentServices) -> RunStartedOut:
    """Reads it now; 409 while it is being read already."""
    return RunStartedOut(run_id=services.sources.start(principal, source_id, confirmed=body.confirmed))


@router.post("/sources/runs/{run_id}/cancel", status_code=204, responses=says(409))
def cancel_run(run_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> None:
    """What it has taken in stays."""
    services.sources.cancel(principal, run_id)


@router.get("/source-hosts")
def list_hosts(principal: CurrentPrincipal, services: CurrentServices) -> list[HostOut]:
    """The hosts that sources may reach."""
    return [HostOut.model_validate(host) for host in services.sources.hosts(principal)]


@router.post("/source-hosts", status_code=201)
def allow_host(body: HostIn, principal: CurrentPrincipal, services: CurrentServices) -> HostOut:
    """Lets sources reach a host. For administrators."""
    return HostOut.model_validate(services.sources.allow(principal, body.host, private=body.private))


@router.delete("/source-hosts/{host}", status_code=204)
def forbid_host(host: Short, principal: CurrentPrincipal, services: CurrentServices) -> None:
    """Sources cannot reach it from now on."""
    services.sources.forbid(principal, host)


def _out(principal: Principal, services: Services, source: Source) -> SourceOut:
    config: Mapping[str, Any] | None = None
    if principal.may(Permission.CORPORA_MANAGE):
        config = services.sources.settings(principal, source)
    return SourceOut.of(source, config)
