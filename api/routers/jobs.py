"""Progress of jobs that the caller started."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from api.corpora_schemas import JobOut
from api.dependencies import CurrentPrincipal, CurrentServices

router = APIRouter(prefix="/jobs", tags=["jobs"])


@router.get("/{job_id}")
def get_job(job_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> JobOut:
    return JobOut.of(services.documents.job(principal, job_id))
