"""One open WebSocket: reads what the person sends, and sends what becomes of it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import aclosing, suppress
from typing import Any, Literal
from uuid import UUID

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import Field, TypeAdapter, ValidationError

from api import shape
from api.chat_schemas import ChatIn, ChatOut
from api.inputs import Input
from core.entities.people import Principal
from core.errors import BadInput, Forbidden, NichewiseError, NotSignedIn, TooLarge, TooMany
from services.chat.streams import TurnEvent
from services.container import Services

LARGEST = 64 * 1024  # bytes of one frame; a message may have 8,000 characters
MOST_FRAMES, PER_SECONDS = 30, 10.0
CHECK_SECONDS = 20.0  # how soon a session that ended closes its sockets
TOO_BIG, NOT_SIGNED_IN = 1009, 4401

Caller = Callable[[WebSocket, Services], Principal]


class AskIn(ChatIn):
    type: Literal["ask"]


class StopIn(Input):
    type: Literal["stop"]
    message_id: UUID


class ResumeIn(Input):
    """`seen` is the `at` of the last token that was read."""

    type: Literal["resume"]
    message_id: UUID
    seen: int = Field(default=0, ge=0)


_FRAME: TypeAdapter[AskIn | StopIn | ResumeIn] = TypeAdapter(AskIn | StopIn | ResumeIn)


class Talk:
    """`caller` says who is at the other end as of now. When the line breaks, answers go on without it."""

    def __init__(
        self,
        websocket: WebSocket,
        services: Services,
        principal: Principal,
        conversation_id: UUID | None,
        caller: Caller,
    ) -> None:
        self._websocket, self._services, self._caller = websocket, services, caller
        self._principal, self._conversation_id = principal, conversation_id
        self._frames: deque[float] = deque(maxlen=MOST_FRAMES)
        self._tasks: set[asyncio.Task[None]] = set()
        self._sending = asyncio.Lock()

    async def run(self, running: list[UUID]) -> None:
        """Until either side closes. `running` are answers that can be resumed."""
        self._begin(self._watch())
        try:
            await self._send("connected", conversation_id=_text(self._conversation_id), running=[*map(str, running)])
            while True:
                await self._take(await self._websocket.receive())
        except (WebSocketDisconnect, _Closed, RuntimeError):
            pass  # RuntimeError: Starlette's word for receiving after the end
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _take(self, frame: Any) -> None:
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(frame.get("code", 1005))
        try:
            await self._act(self._read(frame))
        except NotSignedIn as error:
            await self._fail(error)
            await self._close(NOT_SIGNED_IN)
        except NichewiseError as error:
            await self._fail(error)
            if isinstance(error, TooLarge) and len(frame.get("text") or frame.get("bytes") or "") > LARGEST:
                await self._close(TOO_BIG)

    def _read(self, frame: Any) -> AskIn | StopIn | ResumeIn:
        text = frame.get("text")
        if len(text or frame.get("bytes") or "") > LARGEST:
            raise TooLarge("The message is larger than %(limit)s KB.", limit=LARGEST // 1024)
        now = time.monotonic()
        if len(self._frames) == MOST_FRAMES and now - self._frames[0] < PER_SECONDS:
            raise TooMany(seconds=max(1, round(PER_SECONDS - (now - self._frames[0]))))
        self._frames.append(now)
        try:
            return _FRAME.validate_json(text or "")
        except ValidationError as error:
            raise BadInput("The message cannot be read: send JSON with a type of ask, stop or resume.") from error

    async def _act(self, frame: AskIn | StopIn | ResumeIn) -> None:
        self._principal = await asyncio.to_thread(self._caller, self._websocket, self._services)
        turns = self._services.turns
        if isinstance(frame, StopIn):
            await asyncio.to_thread(turns.stop, self._principal, frame.message_id)
        elif isinstance(frame, ResumeIn):
            await asyncio.to_thread(turns.find, self._principal, frame.message_id)
            self._begin(self._follow(frame.message_id, frame.seen))
        else:
            asked = frame.model_copy(update={"conversation_id": self._conversation_id})
            started = await asyncio.to_thread(turns.start, self._principal, asked.ask())
            self._conversation_id = started.conversation_id
            self._begin(self._follow(started.message_id, 0))

    # --- what is sent -----------------------------------------------------------------------------------------------

    async def _follow(self, message_id: UUID, seen: int) -> None:
        told = _Told(seen)
        await self._send("token", message_id=str(message_id), text="", at=seen, **self._where)
        try:
            async with aclosing(self._services.turns.afollow(self._principal, message_id)) as gathered:
                async for events in gathered:
                    for event in events:
                        await self._tell(message_id, event, told)
        except NichewiseError as error:
            await self._fail(error, message_id)

    async def _tell(self, message_id: UUID, event: TurnEvent, told: _Told) -> None:
        if event.error is not None:
            await self._fail(event.error, message_id)
        elif event.message is not None:
            await self._send("message", message=ChatOut.of(event.message).model_dump(mode="json"))
        elif event.kind == "token" and (fresh := told.fresh(event)) is not None:
            replaced = {"replace": True} if event.replace else {}
            await self._send("token", message_id=str(message_id), text=fresh, at=told.at, **replaced, **self._where)

    @property
    def _where(self) -> dict[str, str | None]:
        return {"conversation_id": _text(self._conversation_id)}

    async def _fail(self, error: NichewiseError, message_id: UUID | None = None) -> None:
        about = {"message_id": str(message_id)} if message_id else {}
        await self._send("error", **shape.error_data(error, self._websocket), **about)

    async def _send(self, event: str, **data: Any) -> None:
        async with self._sending:
            await self._websocket.send_json({"event": event, **data})

    async def _close(self, code: int) -> None:
        with suppress(RuntimeError):
            await self._websocket.close(code)
        raise _Closed

    # --- beside the reading -----------------------------------------------------------------------------------------

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self) -> None:
        """A session that ended, or a role that was taken away, ends the line too."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                await asyncio.to_thread(self._caller, self._websocket, self._services)
            except (NotSignedIn, Forbidden):
                await self._websocket.close(NOT_SIGNED_IN)
                return


class _Closed(Exception):
    """We closed the line."""


class _Told:
    """What of a growing answer the other end has: `at` counts characters."""

    def __init__(self, seen: int) -> None:
        self.at, self._seen = 0, seen

    def fresh(self, event: TurnEvent) -> str | None:
        """The part of a token that is new to the other end; None for none of it."""
        if event.replace:
            self.at, self._seen = len(event.text), 0
            return event.text
        start = self.at
        self.at += len(event.text)
        return event.text[max(0, self._seen - start) :] if self.at > self._seen else None


def _text(value: UUID | None) -> str | None:
    return str(value) if value else None
