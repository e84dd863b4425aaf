"""Draws the turns of a conversation: what was asked, what was answered, and an answer while it is written."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from uuid import UUID

import streamlit as st

from components import collection_titles, errors, session
from components.chat import answer_choices, citations, registration_form
from components.i18n import _, number, stored
from components.markup import harmless, plain
from components.niches import ask as niche_ask
from components.playground import form as playground_form
from core.entities.messages import Action, Message, MessageStatus
from core.entities.people import Principal
from niches.results import Answer
from niches.snapshots import restored
from services.chat.streams import TurnEvent

Arrivals = queue.SimpleQueue[TurnEvent | Exception | None]  # what broke the following off, and None at its end

_FRAME_S = 0.05  # how often a growing answer is drawn anew
_CURSOR = " ▍"
_WORTH_SAYING_MS = 50  # what is rounded to nothing is not said


def answer(who: Principal, message: Message, *, last: bool) -> None:
    """One answer with everything it carries; `last`: what it asks for can be given."""
    if not message.status.ended:
        _live(who, message)
        return
    _text(message)
    if message.status is MessageStatus.FAILED:
        st.error(plain(stored(message.error)) or _("The answer failed."), icon=":material/error:")
    if message.status is MessageStatus.STOPPED:
        st.caption(f":material/stop_circle: {_('Stopped. What was written is kept.')}")
    citations.chips(message)
    if message.content.dashboard:
        shown = _figures_first(restored(message.content.dashboard))
        niche_ask.figures(shown, f"figures_{message.id}", titled=False)
    if last:
        registration_form.draw(who, message)
        answer_choices.draw(message)


def _figures_first(answer: Answer) -> Answer:
    """Its figures beside the niches they are of, the sector after them: a conversation is narrower than a page."""
    table = answer.table
    if table is None or not any(column.key == "niche" for column in table.columns):
        return answer
    order = sorted(range(len(table.columns)), key=lambda at: table.columns[at].key == "sector")
    columns = tuple(table.columns[at] for at in order)
    rows = tuple(tuple(row[at] for at in order) for row in table.rows)
    return replace(answer, table=replace(table, columns=columns, rows=rows))


def _text(message: Message) -> None:
    if message.action in (Action.REFUSE, Action.BLOCKED):
        icon = "search_off" if message.action is Action.REFUSE else "shield"
        with st.container(border=True, key=f"refusal_{message.id}"):
            st.markdown(f":material/{icon}: {harmless(message.text)}")
    elif message.text:
        st.markdown(citations.marked(message.text))


def description(message: Message) -> str:
    """Where an answer comes from: collection, provider and model, time, tokens."""
    provider = playground_form.label(message.provider) if message.provider else ""
    parts = [
        _source(message),
        provider,
        message.model if message.provider != "extractive" else "",
        _("%(n)s s", n=number(message.took_ms / 1000, 1)) if message.took_ms >= _WORTH_SAYING_MS else "",
        _tokens(message),
    ]
    return " · ".join(plain(part) for part in parts if part)


def _source(message: Message) -> str:
    if message.collection:
        return collection_titles.by_name(message.collection)
    return _("without documents") if message.scenario == "DOCUMENTS" and message.action is Action.ANSWER else ""


def _tokens(message: Message) -> str:
    total = message.usage.prompt_tokens + message.usage.completion_tokens
    if not total:
        return ""
    if message.usage.estimated:
        return _("about %(n)s tokens (estimated)", n=number(total))
    return _("%(n)s tokens", n=number(total))


# --- an answer while it is written ----------------------------------------------------------------------------------


def _live(who: Principal, message: Message) -> None:
    """Follows the answer from its beginning, so that a reload in the middle shows all of it; ends with a rerun."""
    place = st.empty()
    st.button(
        _("Stop"),
        icon=":material/stop_circle:",
        key=f"assistant_stop_{message.id}",
        on_click=errors.kept(_stop),
        args=(message.id,),
    )
    started = time.monotonic()
    for text in frames(session.services().turns.follow(who, message.id)):
        if text:
            place.markdown(citations.marked(text) + _CURSOR)
        else:
            place.markdown(_waiting(time.monotonic() - started))
    st.rerun()


def _waiting(seconds: float) -> str:
    return f":gray[:material/hourglass_empty: {_('Reading and thinking… %(n)s s', n=number(seconds))}]"


def frames(events: Iterable[TurnEvent]) -> Iterator[str]:
    """The text so far, at most 20 times a second, and at least once a second though nothing comes.

    Raises what the following raises. The events are waited for on a thread of their own: a page that waits cannot hear
    a click on "Stop".
    """
    arrived: Arrivals = queue.SimpleQueue()
    threading.Thread(target=_pour, args=(events, arrived), name="answer", daemon=True).start()
    text, drawn = "", time.monotonic()
    yield text
    while True:
        fresh, ended = _arrived(arrived)
        for event in fresh:
            if event.kind == "token":
                text = event.text if event.replace else text + event.text
        if fresh or time.monotonic() - drawn >= 0.5:
            drawn = time.monotonic()
            yield text
        if ended:
            return


def _pour(events: Iterable[TurnEvent], into: Arrivals) -> None:
    try:
        for event in events:
            into.put(event)
    except Exception as error:  # raised again on the page's own thread, where it can be shown
        into.put(error)
    into.put(None)


def _arrived(source: Arrivals) -> tuple[list[TurnEvent], bool]:
    """What came within one frame, and whether that was the end; raises what broke the following off."""
    fresh: list[TurnEvent] = []
    until = time.monotonic() + _FRAME_S
    while (left := until - time.monotonic()) > 0:
        try:
            event = source.get(timeout=left)
        except queue.Empty:
            break
        if isinstance(event, Exception):
            raise event
        if event is None:
            return fresh, True
        fresh.append(event)
    return fresh, False


def _stop(message_id: UUID) -> None:
    session.services().turns.stop(session.principal(), message_id)
