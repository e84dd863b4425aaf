"""What happens on the screen: a recording becomes words in the box, the box a question, an answer is read aloud."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import gradio as gr
from starlette.requests import HTTPConnection

from core.entities.people import Principal
from core.entities.retrieval import Citation
from core.errors import Forbidden, NichewiseError, NotSignedIn
from core.i18n import LOCALES, N_, translate, translate_error
from core.roles import Permission
from services.chat.asking import Ask
from services.container import Services
from services.identity.sessions import SESSION_COOKIE
from services.voice.talking import NOBODY_LISTENS

History = list[dict[str, Any]]
Written = tuple[Any, ...]  # the box, the history, the conversation, the message, the answer, what is to be read of it

_BY = {
    "elevenlabs": N_("Read aloud by ElevenLabs."),
    "server": N_("Read aloud by the speech server."),
    "browser": N_("Read aloud by this browser's own voice."),
}
_NO_VOICE = N_("This browser has no voice of its own for this language, and no other one is set up here.")
_BLOCKED = N_("The browser did not let the sound play. Press “Read aloud”.")
_ANY = N_("Any language")
_CUT = N_("Only the beginning is read aloud.")
_NO_MICROPHONE = N_("Browsers give the microphone to pages over https only. A recording can be dropped here instead.")


class VoiceTalk:
    """Every call is made as the person whose session the request carries at that moment."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def principal(self, request: HTTPConnection | None) -> Principal:
        """Raises NotSignedIn, Forbidden."""
        if request is None:
            raise NotSignedIn
        principal = self._services.sessions.resolve(request.cookies.get(SESSION_COOKIE, ""))
        if not principal.may(Permission.VOICE):
            raise Forbidden
        return principal

    def person(self, request: HTTPConnection) -> str | None:
        """What Gradio asks before each request: who it is, None to refuse."""
        try:
            return str(self.principal(request).user_id)
        except (NotSignedIn, Forbidden):
            return None

    def language(self, request: HTTPConnection) -> str:
        """The one that the person chose for the product; "" where they chose none."""
        return self.principal(request).locale or ""

    def arrive(self, secure: bool, request: gr.Request) -> tuple[Any, ...]:
        """What is missing here, if anything; without somebody who listens there is nothing to record."""
        principal, locale = self._who(request)
        abilities = self._services.voice.abilities(principal)
        missing = "" if abilities.listener else NOBODY_LISTENS
        if not missing and not secure:
            missing = _NO_MICROPHONE
        notice = gr.Markdown(value=translate(locale, missing), visible=bool(missing))
        listens = bool(abilities.listener)
        # Gradio would send a choice that it translates itself back as its translation.
        spoken = [(translate(locale, _ANY), "auto"), ("English", "en"), ("Русский", "ru")]
        languages = gr.update(choices=spoken, value="auto", visible=listens)
        return notice, gr.update(visible=listens), languages, gr.update(visible=listens)

    def hear(self, path: str | None, language: str, words: str, request: gr.Request) -> tuple[str, str, None, bool]:
        """The words behind those that stand in the box, what is to be said of them, and whether any were heard. The
        recording is deleted."""
        if not path:
            return words, "", None, False
        locale: str = self._services.settings.locale
        try:
            principal, locale = self._who(request)
            with open(path, "rb") as recording:
                heard = self._services.voice.transcribe(principal, recording, language)
        except NichewiseError as error:
            return words, translate_error(locale, error), None, False
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.remove(path)
        if not heard.text:
            said = translate(locale, "Nothing was heard. Speak closer to the microphone, and try again.")
            return words, said, None, False
        said = translate(locale, "Heard: correct the words if need be, then send them.")
        return f"{words} {heard.text}".strip(), said, None, True

    def send_heard(
        self, at_once: bool, heard: bool, words: str, history: History, conversation: str | None, request: gr.Request
    ) -> Iterator[Written]:
        if at_once and heard:
            yield from self.answer(words, history, conversation, request)
        else:
            yield (gr.skip(),) * 6

    def answer(self, words: str, history: History, conversation: str | None, request: gr.Request) -> Iterator[Written]:
        """The growing answer, with the conversation that it belongs to and the message that can be stopped."""
        words = words.strip()
        if not words:
            yield (gr.skip(),) * 6
            return
        history = [*history, {"role": "user", "content": words}]
        busy = gr.Textbox(value="", submit_btn=False, stop_btn=True)
        yield busy, history, conversation, None, "", ""
        message, own = None, ""
        locale: str = self._services.settings.locale
        try:
            principal, locale = self._who(request)
            started = self._services.turns.start(
                principal, Ask(words, conversation_id=UUID(conversation) if conversation else None)
            )
            conversation, message = str(started.conversation_id), str(started.message_id)
            for shown, own in self._followed(principal, locale, started.message_id):
                yield gr.skip(), [*history, {"role": "assistant", "content": shown}], conversation, message, own, ""
            yield _ready(), gr.skip(), conversation, None, own, own
        except NichewiseError as error:
            said = {"role": "assistant", "content": translate_error(locale, error)}
            yield _ready(), [*history, said], conversation, None, "", ""

    def _followed(self, principal: Principal, locale: str, message_id: UUID) -> Iterator[tuple[str, str]]:
        """The answer with its sources, and without them."""
        text = ""
        for event in self._services.turns.follow(principal, message_id):
            if event.kind == "token":
                text = event.text if event.replace else text + event.text
                yield text, text
            elif event.kind == "citations":
                yield f"{text}{_sources(locale, event.citations)}", text
            elif event.message is not None and event.error is None:
                text = event.message.text
                yield f"{text}{_sources(locale, event.message.citations)}", text
            elif event.error is not None:
                yield f"{text}\n\n{translate_error(locale, event.error)}".strip(), text

    def stop(self, message: str | None, request: gr.Request) -> None:
        if message:
            with contextlib.suppress(NichewiseError):  # it has ended by itself
                self._services.turns.stop(self._who(request)[0], UUID(message))

    def begin_anew(self) -> tuple[Any, ...]:
        """No history, conversation, message, answer and status, and the box ready."""
        return [], None, None, "", "", _ready()

    def read_new(self, aloud: bool, unread: str, request: gr.Request) -> tuple[dict[str, Any], str]:
        return (self.read(unread, request) if aloud and unread else {}), ""

    def read(self, answer: str, request: gr.Request) -> dict[str, Any]:
        """What the page's script needs to read an answer aloud, or what to say instead."""
        locale: str = self._services.settings.locale
        try:
            principal, locale = self._who(request)
            reading = self._services.voice.reading(principal, answer or "")
        except NichewiseError as error:
            return {"said": translate_error(locale, error)}
        done = [_BY[reading.by], *([_CUT] if reading.cut else [])]
        return {
            "text": reading.text,
            "language": reading.language,
            "by": reading.by,
            "locale": locale,
            "said": " ".join(translate(locale, one) for one in done),
            "no_voice": translate(locale, _NO_VOICE),
            "blocked": translate(locale, _BLOCKED),
        }

    def _who(self, request: gr.Request) -> tuple[Principal, str]:
        """Who asks, and their language: the one that they chose, else the first of their browser's that we speak."""
        principal = self.principal(request.request)
        return principal, principal.locale or self._preferred(request.headers.get("accept-language", ""))

    def _preferred(self, accepted: str) -> str:
        named = (one.strip()[:2].lower() for one in accepted.split(","))
        return next((one for one in named if one in LOCALES), self._services.settings.locale)


def _ready() -> Any:
    """The box when no answer is being written."""
    return gr.Textbox(submit_btn=True, stop_btn=False)


def _sources(locale: str, citations: Sequence[Citation]) -> str:
    """What the numbers in the answer stand for, below it."""
    lines = [
        f"[{one.n}] {_plain(one.title)}" + (f", {translate(locale, 'page %(n)s', n=one.page)}" if one.page else "")
        for one in citations
    ]
    return "\n\n" + "  \n".join(lines) if lines else ""


def _plain(title: str) -> str:
    """A document's title without what Markdown would read as a sign."""
    return re.sub(r"([\\`*_\[\]<>#|$])", r"\\\1", title)
