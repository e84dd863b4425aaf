"""Progress of jobs that the caller started."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from api.corpora_schemas import JobOut
from api.dependencies import CurrentPrincipal, CurrentServices

router = APIRouter(prefix="/jobs", tags=["jobs"])


@router.get("/{job_id}")
def get_job(job_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> JobOut:
    """`done` of `total`, the `result` once it is done, the `error` where it failed."""
    return JobOut.of(services.documents.job(principal, job_id))


@router.post("/{job_id}/cancel", status_code=204)
def cancel_job(job_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> None:
    """Stops the expansion of a ZIP; what is in stays in."""
    services.archives.cancel(principal, job_id)
