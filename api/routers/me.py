"""Who the caller is."""

from __future__ import annotations

from fastapi import APIRouter

from api.dependencies import CurrentPrincipal
from api.schemas import MeOut

router = APIRouter(tags=["account"])


@router.get("/me")
def me(principal: CurrentPrincipal) -> MeOut:
    return MeOut.of(principal)
