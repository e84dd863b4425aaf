"""What endpoints ask for: the services, and who is calling."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from api.origin import SAFE_METHODS, require_same_origin
from core.entities.people import Client, Principal
from core.errors import NotSignedIn
from services import container
from services.container import Services
from services.identity.sessions import SESSION_COOKIE

_LONGEST_IP, _LONGEST_AGENT = 64, 500  # characters; behind a proxy the address is a header that anybody can write
_bearer = OAuth2PasswordBearer(tokenUrl="/api/auth/token", auto_error=False)  # also shows the sign-in at /api/docs


# Neither of these two waits for anything, but FastAPI would give a plain function a thread for each request.
async def services() -> Services:
    return container.current()


CurrentServices = Annotated[Services, Depends(services)]


async def client(request: Request) -> Client:
    """Where the request comes from, as far as it is worth keeping: both are what the other side says."""
    host = request.client.host if request.client else ""
    return Client(ip=host[:_LONGEST_IP], user_agent=request.headers.get("user-agent", "")[:_LONGEST_AGENT])


CurrentClient = Annotated[Client, Depends(client)]


def principal(request: Request, services: CurrentServices, token: Annotated[str | None, Depends(_bearer)]) -> Principal:
    """Who calls, as of now: a bearer token or API key, else the browser's session. Raises NotSignedIn, Forbidden.

    What changes something with the cookie must come from our own pages; a bearer token is proof enough.
    """
    if token:
        return services.sessions.resolve_bearer(token)
    cookie = request.cookies.get(SESSION_COOKIE)
    if not cookie:
        raise NotSignedIn
    if request.method not in SAFE_METHODS:
        require_same_origin(request, services.settings.cors_origins)
    return services.sessions.resolve(cookie)


CurrentPrincipal = Annotated[Principal, Depends(principal)]
