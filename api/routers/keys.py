"""The caller's API keys."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from api.dependencies import CurrentPrincipal, CurrentServices
from api.described import says
from api.schemas import KeyIn, KeyOut, NewKeyOut

router = APIRouter(prefix="/keys", tags=["account"])


@router.get("")
def list_keys(principal: CurrentPrincipal, services: CurrentServices) -> list[KeyOut]:
    """The caller's own, newest first, without the keys themselves."""
    return [KeyOut.of(key) for key in services.keys.list(principal)]


@router.post("", status_code=201, responses=says(409))
def create_key(body: KeyIn, principal: CurrentPrincipal, services: CurrentServices) -> NewKeyOut:
    """The key itself is in this answer and nowhere else."""
    made, key = services.keys.create(principal, body.name, body.expires_at)
    return NewKeyOut(**KeyOut.of(made).model_dump(), key=key)


@router.delete("/{key_id}", status_code=204)
def revoke_key(key_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> None:
    """It is refused from now on."""
    services.keys.revoke(principal, key_id)
