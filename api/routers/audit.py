"""The audit log."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import CurrentPrincipal, CurrentServices
from api.inputs import Short
from api.schemas import AuditOut

router = APIRouter(tags=["people"])


@router.get("/audit")
def list_audit(
    principal: CurrentPrincipal,
    services: CurrentServices,
    action: Annotated[Short, Query(description="The beginning of the action, such as session.")] = "",
    actor: Annotated[Short, Query(description="A part of the e-mail.")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
) -> list[AuditOut]:
    """Newest first: all of it for administrators, one's own doings for others."""
    found = services.audit.list(principal, action=action, actor=actor, limit=limit, offset=offset)
    return [AuditOut.of(entry) for entry in found]
