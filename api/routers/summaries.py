"""What is remembered of the caller's conversations."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.dependencies import CurrentPrincipal, CurrentServices
from api.registration_schemas import SummaryOut

router = APIRouter(prefix="/summaries", tags=["conversations"])


@router.get("")
def list_summaries(
    principal: CurrentPrincipal,
    services: CurrentServices,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> list[SummaryOut]:
    """The caller's own, newest first."""
    return [SummaryOut.of(one) for one in services.summaries.latest(principal, limit=limit, offset=offset)]


@router.delete("/{summary_id}", status_code=204)
def delete_summary(summary_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> None:
    """One of the caller's own."""
    services.summaries.delete(principal, summary_id)


@router.delete("", status_code=204)
def delete_all_summaries(principal: CurrentPrincipal, services: CurrentServices) -> None:
    """Deletes all of them."""
    services.summaries.forget(principal)
