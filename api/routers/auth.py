"""Access tokens for programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form

from api.dependencies import CurrentClient, CurrentServices
from api.described import says
from api.inputs import Storable
from api.schemas import TokenOut
from services.identity.sessions import LASTS

router = APIRouter(prefix="/auth", tags=["account"])


@router.post("/token", responses=says(401, 403, 429))
def get_token(
    services: CurrentServices,
    client: CurrentClient,
    username: Annotated[Storable, Form(description="The e-mail.")],
    password: Annotated[Storable, Form()],
) -> TokenOut:
    """Signs in with e-mail and password: 401 if they are wrong, 429 while the e-mail is locked."""
    user = services.accounts.sign_in(username, password, client)
    access_token, _session = services.sessions.issue_token(user, client)
    return TokenOut(access_token=access_token, expires_in=int(LASTS.total_seconds()))
