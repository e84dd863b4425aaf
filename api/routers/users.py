"""People, for administrators."""

from __future__ import annotations

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.dependencies import CurrentPrincipal, CurrentServices
from api.described import says
from api.inputs import Short
from api.schemas import UserChangesIn, UserIn, UserOut
from core.entities.people import UserStatus
from services.identity.people import PersonChanges

router = APIRouter(prefix="/users", tags=["people"])


@router.get("")
def list_users(
    principal: CurrentPrincipal,
    services: CurrentServices,
    response: Response,
    q: Annotated[Short, Query(description="A part of the e-mail or the name.")] = "",
    status: UserStatus | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> list[UserOut]:
    """Those who wait for approval first; the header X-Total-Count says how many there are."""
    page = services.people.list(principal, q, status=status, limit=limit, offset=offset)
    response.headers["X-Total-Count"] = str(page.total)
    return [UserOut.of(person) for person in page.people]


@router.post("", status_code=201, responses=says(409))
def create_user(body: UserIn, principal: CurrentPrincipal, services: CurrentServices) -> UserOut:
    """Without a password the person is mailed a link to choose one. For administrators."""
    return UserOut.of(services.people.create(principal, body.email, body.name, body.role, body.password))


@router.patch("/{user_id}", responses=says(409))
def change_user(user_id: UUID, body: UserChangesIn, principal: CurrentPrincipal, services: CurrentServices) -> UserOut:
    """Acts at once on every session and key of the person."""
    changes = cast(PersonChanges, {name: getattr(body, name) for name in body.model_fields_set})
    return UserOut.of(services.people.update(principal, user_id, changes))
