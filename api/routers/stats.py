"""What models were used for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.dependencies import CurrentPrincipal, CurrentServices
from api.usage_schemas import UsageOut
from core.entities.usage import Dimension
from services.chat.usage import LONGEST_DAYS

router = APIRouter(prefix="/stats", tags=["usage"])


@router.get("/tokens")
def sum_tokens(
    principal: CurrentPrincipal,
    services: CurrentServices,
    by: Annotated[Dimension, Query(description="What to sum up by.")] = Dimension.DAY,
    days: Annotated[int | None, Query(ge=1, le=LONGEST_DAYS, description="Today included; days are UTC's.")] = 30,
) -> UsageOut:
    """Tokens and cost: everybody's for administrators, one's own for others."""
    return UsageOut.of(services.usage.report(principal, by, days))
