"""Follows answers: those that this process writes as they are written, others as they are saved."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Generator, Iterator, Sequence
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

from core.entities.messages import Message, MessageStatus
from core.entities.people import Principal
from core.errors import NichewiseError
from data.database import Database
from services.chat.saving import HEARTBEAT_SECONDS, SAVE_SECONDS
from services.chat.streams import TurnEvent
from services.chat.writing import Writer

ABANDONED = timedelta(seconds=30 * HEARTBEAT_SECONDS)  # an answer that nobody saved for so long is written by nobody


class Following:
    def __init__(self, db: Database, writer: Writer) -> None:
        self._db, self._writer = db, writer

    def follow(self, principal: Principal, message_id: UUID) -> Generator[TurnEvent, None, None]:
        """Every event of the answer from its beginning, then ends. To stop reading never stops the answer. `NotFound`
        for another person's."""
        job = self._writer.find(message_id)  # first: else it could end between the two and be taken for another's
        if job is not None and job.principal.is_same(principal):  # whoever asked may follow: nothing is looked up
            yield from job.stream.follow()
            return
        message = self.find(principal, message_id)
        if job is not None:
            yield from job.stream.follow()
            return
        shown = ""
        while not message.status.ended:
            yield from _grown(shown, message.text)
            shown = message.text
            time.sleep(SAVE_SECONDS)
            message = self._seen_elsewhere(principal, message_id)
        yield from _ended(shown, message)

    async def afollow(
        self, principal: Principal, message_id: UUID, quiet: float | None = None
    ) -> AsyncGenerator[Sequence[TurnEvent], None]:
        """The same on any event loop, which it never blocks: what has gathered meanwhile comes at once, and nothing at
        all after `quiet` seconds without an event."""
        job = self._writer.find(message_id)
        own = job is not None and job.principal.is_same(principal)
        message = None if own else await asyncio.to_thread(self.find, principal, message_id)
        if job is not None:
            async with aclosing(job.stream.afollow(quiet)) as gathered:
                async for events in gathered:
                    yield events
            return
        assert message is not None  # noqa: S101 - there is no job
        shown, said_at = "", time.monotonic()
        while not message.status.ended:
            events = tuple(_grown(shown, message.text))
            if events or (quiet is not None and time.monotonic() - said_at > quiet):
                yield events
                said_at = time.monotonic()
            shown = message.text
            await asyncio.sleep(SAVE_SECONDS)
            message = await asyncio.to_thread(self._seen_elsewhere, principal, message_id)
        yield tuple(_ended(shown, message))

    def find(self, principal: Principal, message_id: UUID) -> Message:
        with self._db.read() as tx:
            return tx.messages.find(principal, message_id)

    def _seen_elsewhere(self, principal: Principal, message_id: UUID) -> Message:
        """An answer that another process writes, as it was last saved."""
        with self._db.begin() as tx:
            tx.messages.stop_abandoned(ABANDONED, message_id)
            return tx.messages.find(principal, message_id)


def _grown(shown: str, text: str) -> Iterator[TurnEvent]:
    if text != shown:
        grew = text.startswith(shown)
        yield TurnEvent("token", text=text[len(shown) :] if grew else text, replace=not grew)


def _ended(shown: str, message: Message) -> Iterator[TurnEvent]:
    yield from _grown(shown, message.text)
    if message.citations:
        yield TurnEvent("citations", citations=message.citations)
    if message.status is MessageStatus.FAILED:
        yield TurnEvent("error", error=NichewiseError(message.error or None), message=message)
    else:
        yield TurnEvent("done", message=message)
