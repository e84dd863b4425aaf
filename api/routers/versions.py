"""Versions of a collection and the checks of its stores; analysts look, administrators change."""

from __future__ import annotations

from fastapi import APIRouter

from api.corpora_schemas import JobStartedOut
from api.dependencies import CurrentPrincipal, CurrentServices
from api.described import says
from api.inputs import Name, Number
from api.version_schemas import CheckedOut, IndexPlanIn, PreviewOut, VersionOut

router = APIRouter(prefix="/collections/{name}", tags=["collections"])


@router.post("/reindex", status_code=202, responses=says(409))
def reindex_collection(
    name: Name, principal: CurrentPrincipal, services: CurrentServices, body: IndexPlanIn | None = None
) -> JobStartedOut:
    """Builds a new version beside the one that is searched; the job switches to it when it is whole and checked."""
    plan = (body or IndexPlanIn()).plan()
    return JobStartedOut(job_id=services.versions.reindex(principal, name, plan))


@router.post("/reindex/preview")
def preview_reindex(
    name: Name, principal: CurrentPrincipal, services: CurrentServices, body: IndexPlanIn | None = None
) -> PreviewOut:
    """What the same call without `/preview` would do, told from a sample; nothing is built."""
    return PreviewOut.made(services.previews.preview(principal, name, (body or IndexPlanIn()).plan()))


@router.get("/versions")
def list_versions(name: Name, principal: CurrentPrincipal, services: CurrentServices) -> list[VersionOut]:
    """Newest first, each with its verification report."""
    return [VersionOut.of(one) for one in services.versions.list(principal, name)]


@router.post("/versions/{number}/activate", status_code=202, responses=says(409))
def activate_version(
    name: Name, number: Number, principal: CurrentPrincipal, services: CurrentServices
) -> JobStartedOut:
    """Switches to a version that waits, or back to one that is kept; what came since is added to it first."""
    return JobStartedOut(job_id=services.versions.activate(principal, name, number))


@router.delete("/versions/{number}", status_code=204)
def discard_version(name: Name, number: Number, principal: CurrentPrincipal, services: CurrentServices) -> None:
    """Cancels the building of a version, or gives up one that waits or is kept; never the active one."""
    services.versions.discard(principal, name, number)


@router.get("/checks")
def list_checks(name: Name, principal: CurrentPrincipal, services: CurrentServices) -> list[CheckedOut]:
    """What the last comparisons of files, passages, vectors and words found, newest first."""
    return [CheckedOut.of(one) for one in services.reconciling.latest(principal, name)]


@router.post("/checks", status_code=202, responses=says(409))
def start_check(name: Name, principal: CurrentPrincipal, services: CurrentServices) -> JobStartedOut:
    """Compares all four stores now and mends what differs."""
    return JobStartedOut(job_id=services.reconciling.start(principal, name))
