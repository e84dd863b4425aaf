"""The browser's session: a ticket becomes the cookie at /auth/session, and /auth/sign-out ends it."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from api.dependencies import CurrentClient, CurrentServices
from api.origin import require_same_origin
from core.errors import Forbidden, NotSignedIn
from services.identity.sessions import AT_MOST, NONCE_COOKIE, SESSION_COOKIE

router = APIRouter(prefix="/auth", include_in_schema=False)

AGAIN = "/?sign_in=again"  # where a ticket that is late or of another browser leads
_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


@router.get("/session")
def start(
    request: Request, services: CurrentServices, client: CurrentClient, ticket: str = "", next: str = "/"
) -> RedirectResponse:
    """Exchanges the ticket for the cookie and goes on to `next`, a path of this site."""
    try:
        token, _session = services.sessions.exchange(ticket, request.cookies.get(NONCE_COOKIE, ""), client)
    except NotSignedIn:
        return _go(AGAIN)
    if before := request.cookies.get(SESSION_COOKIE):
        services.sessions.sign_out(before, client)
    response = _go(local_path(next))
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=int(AT_MOST.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=services.settings.production,
    )
    return response


@router.api_route("/sign-out", methods=["GET", "POST"])
def end(request: Request, services: CurrentServices, client: CurrentClient) -> RedirectResponse:
    """Ends the session everywhere at once; a link on another site cannot do that."""
    try:
        require_same_origin(request)
    except Forbidden:
        return _go("/")
    if token := request.cookies.get(SESSION_COOKIE):
        services.sessions.sign_out(token, client)
    response = _go("/")
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="lax", secure=services.settings.production)
    return response


def local_path(target: str) -> str:
    """`target` if it is a path of this site, else "/". Browsers read a backslash as a slash and drop control
    characters, so neither may stand in it."""
    parts = urlsplit(target)
    is_path = target.startswith("/") and not target.startswith("//") and not parts.netloc and not parts.scheme
    return target if is_path and target.isprintable() and "\\" not in target else "/"


def _go(path: str) -> RedirectResponse:
    return RedirectResponse(path, status_code=303, headers=_PRIVATE)
