"""The assistant over a WebSocket: any number of questions, and every answer from where its reader left off."""

from __future__ import annotations

import asyncio
from collections import Counter
from uuid import UUID

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketState

from api import shape
from api.origin import require_same_origin
from api.talk import Talk
from core.entities.people import Principal
from core.errors import NichewiseError, NotFound, NotSignedIn, TooMany
from core.i18n import translate_error
from services import container
from services.container import Services
from services.identity.sessions import SESSION_COOKIE

router = APIRouter(prefix="/ws", tags=["chat"])

PROTOCOL = "nichewise.bearer"  # a browser's script cannot set headers: it offers this and the token as subprotocols
MOST_OPEN = 20  # sockets of one person in one process


@router.websocket("/chat/{conversation}")
async def chat(websocket: WebSocket, conversation: str) -> None:
    """`conversation` is an id, or "new" for one that the first question makes."""
    services = container.current()
    try:
        principal = await asyncio.to_thread(caller, websocket, services)
        conversation_id = None if conversation == "new" else _id(conversation)
        running = await asyncio.to_thread(_running, services, principal, conversation_id)
        count = _count(websocket, principal, +1)
    except NichewiseError as error:
        await _refuse(websocket, error)
        return
    try:
        await websocket.accept(subprotocol=PROTOCOL if _offered(websocket) else None)
        await Talk(websocket, services, principal, conversation_id, caller).run(running)
    finally:
        count[principal.user_id] -= 1


def caller(websocket: WebSocket, services: Services) -> Principal:
    """Who it is as of now: a bearer token or API key in the header or among the subprotocols, else the cookie of a page
    of ours. Raises NotSignedIn, Forbidden."""
    kind, _, token = websocket.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer" and token:
        return services.sessions.resolve_bearer(token.strip())
    if offered := _offered(websocket):
        return services.sessions.resolve_bearer(offered)
    cookie = websocket.cookies.get(SESSION_COOKIE)
    if not cookie:
        raise NotSignedIn
    require_same_origin(websocket, services.settings.cors_origins)
    return services.sessions.resolve(cookie)


def _offered(websocket: WebSocket) -> str:
    """The token behind our protocol's name, "" for none."""
    offers = [one.strip() for one in websocket.headers.get("sec-websocket-protocol", "").split(",")]
    return offers[1] if len(offers) == 2 and offers[0] == PROTOCOL else ""


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error


def _running(services: Services, principal: Principal, conversation_id: UUID | None) -> list[UUID]:
    return services.conversations.running(principal, conversation_id) if conversation_id else []


def _count(websocket: WebSocket, principal: Principal, by: int) -> Counter[UUID | None]:
    state = websocket.app.state
    if not hasattr(state, "sockets"):
        state.sockets = Counter()
    count: Counter[UUID | None] = state.sockets
    if count[principal.user_id] + by > MOST_OPEN:
        raise TooMany("You have %(count)s connections open. Close one first.", count=MOST_OPEN)
    count[principal.user_id] += by
    return count


async def _refuse(websocket: WebSocket, error: NichewiseError) -> None:
    """Answers the handshake in the shape of every other error."""
    if websocket.client_state is WebSocketState.CONNECTING:
        message = translate_error(shape.language(websocket.headers), error)
        await websocket.send_denial_response(shape.answer(error.status, error.code, message))
