"""Who the caller is."""

from __future__ import annotations

from fastapi import APIRouter

from api.dependencies import CurrentPrincipal
from api.schemas import MeOut

router = APIRouter(tags=["account"])


@router.get("/me")
def get_me(principal: CurrentPrincipal) -> MeOut:
    """Who the token belongs to, and what they may do."""
    return MeOut.of(principal)
