"""The assistant: one question, one answer, whole or as server-sent events; who disconnects does not end the answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from api import shape
from api.chat_schemas import ChatIn, ChatOut, CitationOut
from api.dependencies import CurrentPrincipal, CurrentServices
from api.described import says
from core.errors import NichewiseError
from services.chat.streams import TurnEvent

router = APIRouter(prefix="/chat", tags=["chat"])

EVENTS = "text/event-stream"
QUIET_SECONDS = 15.0  # proxies close a connection on which nothing is said for a minute
Gathered = AsyncGenerator[Sequence[TurnEvent], None]  # of an answer that is followed
EVENTS_TOO: dict[int | str, dict[str, Any]] = {
    200: {"content": {EVENTS: {}}, "description": "With Accept: text/event-stream: token, citations, done, error."},
}
ASKED = {**EVENTS_TOO, **says(404, 409, 429, 502, 504)}


@router.post("", name="ask_assistant", response_model=ChatOut, responses=ASKED)
async def chat(body: ChatIn, request: Request, principal: CurrentPrincipal, services: CurrentServices) -> Any:
    """Asks the assistant. An event `token` adds `text` to the answer, or with `replace` stands for all of it."""
    started = await asyncio.to_thread(services.turns.start, principal, body.ask())
    gathered = services.turns.afollow(principal, started.message_id, QUIET_SECONDS)
    if not _wants_events(request):
        return await _whole(gathered)
    ids = {"X-Conversation-Id": str(started.conversation_id), "X-Message-Id": str(started.message_id)}
    return _streamed(gathered, request, ids)


@router.get("/{message_id}", name="follow_answer", response_model=ChatOut, responses=EVENTS_TOO)
async def follow(message_id: UUID, request: Request, principal: CurrentPrincipal, services: CurrentServices) -> Any:
    """An answer as it is now; with Accept: text/event-stream all its events, from the first."""
    if _wants_events(request):
        await asyncio.to_thread(services.turns.find, principal, message_id)  # a 404 has no events
        return _streamed(services.turns.afollow(principal, message_id, QUIET_SECONDS), request, {})
    return ChatOut.of(await asyncio.to_thread(services.turns.find, principal, message_id))


@router.post("/{message_id}/stop", name="stop_answer")
def stop(message_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> ChatOut:
    """Ends a running answer; what was written stays."""
    return ChatOut.of(services.turns.stop(principal, message_id))


def _wants_events(request: Request) -> bool:
    return EVENTS in request.headers.get("accept", "")


async def _whole(gathered: Gathered) -> ChatOut:
    async with aclosing(gathered):
        async for events in gathered:
            for event in events:
                if event.error is not None:
                    raise event.error
                if event.message is not None:
                    return ChatOut.of(event.message)
    raise NichewiseError  # a stream ends with done or error, so this cannot be


def _streamed(gathered: Gathered, request: Request, headers: Mapping[str, str]) -> Response:
    quiet = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", **headers}
    return StreamingResponse(_lines(gathered, request), media_type=EVENTS, headers=quiet)


async def _lines(gathered: Gathered, request: Request) -> AsyncIterator[str]:
    async with aclosing(gathered):
        async for events in gathered:
            yield "".join(_line(event, request) for event in events) or ": still working\n\n"


def _line(event: TurnEvent, request: Request) -> str:
    return f"event: {event.kind}\ndata: {json.dumps(_data(event, request), ensure_ascii=False)}\n\n"


def _data(event: TurnEvent, request: Request) -> dict[str, Any]:
    if event.error is not None:
        return shape.error_data(event.error, request)
    if event.message is not None:
        return ChatOut.of(event.message).model_dump(mode="json")
    if event.kind == "citations":
        return {"citations": [CitationOut.of(citation).model_dump(mode="json") for citation in event.citations]}
    return {"text": event.text, "replace": True} if event.replace else {"text": event.text}
