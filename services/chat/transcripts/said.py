"""A conversation in the words of an export: who said what when, from where, and what stands behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_datetime

from core.entities.conversations import Thread
from core.entities.messages import Message, MessageStatus
from core.entities.retrieval import Citation
from core.i18n import translate
from services.chat.transcripts import figures
from services.chat.transcripts.blocks import Block

WITHHELD = "This turn is withheld: it cites documents that you may not read."
STOPPED = "Stopped. What was written is kept."


@dataclass(frozen=True, slots=True)
class Entry:
    """One message. `about` says where an answer comes from; `note` is a sentence in place of a text or under it.
    `figures` is the table that the screen shows below the answer, `origin` says what it is."""

    mine: bool
    author: str
    at: str
    text: str
    about: str = ""
    note: str = ""
    citations: tuple[Citation, ...] = ()
    figures: Block | None = None
    origin: str = ""


def heading(thread: Thread, language: str) -> tuple[str, str]:
    """The title, and a line with date and owner."""
    parts = [day(thread.conversation.created_at, language)]
    if thread.owner:
        parts.append(translate(language, "Shared by %(name)s", name=thread.owner))
    return thread.conversation.title, " · ".join(parts)


def entries(thread: Thread, language: str) -> Iterator[Entry]:
    you = thread.owner or translate(language, "You")
    assistant = translate(language, "Assistant")
    for message in thread.messages:
        mine = message.author == "user"
        shown, origin = figures.table(None if message.withheld else message.content.dashboard, language)
        yield Entry(
            mine=mine,
            author=you if mine else assistant,
            at=day(message.created_at, language),
            text=message.text,
            about="" if mine else _about(message),
            note=_note(message, language),
            citations=message.citations,
            figures=shown,
            origin=origin,
        )


def source(citation: Citation, language: str) -> str:
    """One citation on one line: number, title, page."""
    title = citation.title or translate(language, "A document that you may not read")
    page = f", {translate(language, 'p. %(page)s', page=citation.page)}" if citation.page else ""
    return f"[{citation.n}] {title}{page}"


def day(at: datetime, language: str) -> str:
    """In UTC: an export does not know the reader's zone."""
    return str(format_datetime(at, "d MMM y, HH:mm 'UTC'", locale=language))


def _about(message: Message) -> str:
    model = message.model if message.model != message.provider else ""
    return " · ".join(part for part in (message.collection, message.provider, model) if part)


def _note(message: Message, language: str) -> str:
    if message.withheld:
        return translate(language, WITHHELD)
    if message.status is MessageStatus.STOPPED:
        return translate(language, STOPPED)
    return message.error
