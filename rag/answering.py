"""Writes one answer: asks the model, runs the gate over its stream, and refuses or quotes where evidence is missing."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.entities import Action, Citation, Passage, Usage
from core.errors import ProviderFailed, TooLarge
from core.i18n import translate
from core.settings import Settings
from rag.citations import Gate, snapshots
from rag.guardrails import OutputFilter, Verdict
from rag.prompting import NO_ANSWER, Brief, Prompt, compose
from rag.providers import Params, estimate_tokens, get, ignored
from rag.providers.choice import Choice
from rag.providers.servers import Call, Servers
from rag.quotes import quote

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage, ChatResponse

_NOTHING_THERE = (
    "I found nothing about this in “%(collection)s”. Ask in other words, choose another collection, "
    "or add a document that answers it."
)
_NOT_ENOUGH = (
    "I cannot answer this from “%(collection)s”: of the passages I looked at (%(count)s), none covers the question "
    "well enough. Ask in other words, choose another collection, or add a document that answers it."
)
_NO_MODEL = (
    "No language model is connected, and the built-in answerer only quotes documents. "
    "Turn the search in documents on, or choose another provider."
)
_NO_ROOM = (
    "Question and instructions have about %(tokens)s tokens, and the model reads %(window)s. "
    "Shorten them, or choose a larger context window."
)
_ENDLESS = "The answer of %(provider)s did not end and was stopped. Ask again, or choose another model."
_BLOCKED = "The answer was stopped: it was about to show what no answer may show. Ask in other words."
_LONGEST_ANSWER = 30_000  # characters; a model that repeats itself does so until its window is full


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the answer; with `replace` it stands for everything shown before."""

    text: str
    replace: bool = False


class Draft:
    """One answer being written. Its attributes say at any moment what a reader has been shown, so that an answer that
    is stopped or fails keeps its text, its citations and its usage."""

    def __init__(
        self,
        brief: Brief,
        choice: Choice,
        params: Params,
        settings: Settings,
        servers: Servers | None = None,
        output: OutputFilter | None = None,
    ) -> None:
        self.text = ""
        self.action = Action.ANSWER
        self.provider = choice.provider.name
        self.model = choice.model
        self.ignored = ignored(choice.provider, params, choice.model)
        self.prompt: Prompt | None = None
        self.window: int | None = None  # tokens that the model was given
        self.place = 0  # in the queue before the model's server
        self.first_token_at: float | None = None  # on the monotonic clock
        self._servers = servers or Servers()
        self._brief, self._choice, self._params, self._settings = brief, choice, params, settings
        self._gate, self._output = Gate(()), output
        self._written = ""  # what the model wrote, before the gate
        self._counted: Usage | None = None

    @property
    def citations(self) -> tuple[Citation, ...]:
        return snapshots(self._passages, self._gate.cited) if self.action is Action.ANSWER else ()

    @property
    def stopped_by(self) -> Verdict | None:
        """The rule about answers that this one met, if it met one."""
        return self._output.verdict if self._output else None

    @property
    def usage(self) -> Usage:
        """As the server counted it, else an estimate that says so; nothing where no model was asked."""
        if self._counted is not None:
            return self._counted
        if self.prompt is None:
            return Usage(0, 0, estimated=False)
        return Usage(self.prompt.tokens, estimate_tokens(self._written), estimated=True)

    async def write(self) -> AsyncGenerator[Delta, None]:
        """The pieces as they may be shown. Raises the provider's error; what came before it stays in `text`."""
        retrieval = self._brief.retrieval
        if retrieval is not None and not retrieval.answerable:
            yield self._refuse()
            return
        async with aclosing(self._ask()) as pieces:
            async for delta in pieces:
                self.text += delta.text
                yield delta
        if self.stopped_by is not None:
            yield self._block()
        elif retrieval is not None and not self._gate.cited:
            yield self._quote_or_refuse()
        elif retrieval is None and not self.text.strip():
            yield self._without_text()

    @property
    def _passages(self) -> Sequence[Passage]:
        return self.prompt.passages if self.prompt else ()

    async def _ask(self) -> AsyncGenerator[Delta, None]:
        raw: Any = None
        async with aclosing(self._responses()) as responses:
            async for response in responses:
                raw = response.raw
                if response.delta and self.first_token_at is None:
                    self.first_token_at = time.monotonic()
                if len(self._written) > _LONGEST_ANSWER:
                    raise ProviderFailed(_ENDLESS, provider=self._choice.provider.label)
                if shown := self._show(response.delta or ""):
                    yield Delta(shown)
                if self.stopped_by is not None:
                    return
        self._end(raw)
        if shown := self._close():
            yield Delta(shown)

    def _responses(self) -> AsyncGenerator[ChatResponse, None]:
        call = Call(
            self._choice.provider, self._settings, self._choice.model, self._params, self._compose, self._take_place
        )
        return self._servers.stream(call)

    def _take_place(self, place: int) -> None:
        self.place = place

    def _compose(self, window: int) -> tuple[ChatMessage, ...]:
        self.window = window
        self.prompt = compose(self._brief, window, self._params.max_tokens)
        self._gate = Gate(range(1, len(self._passages) + 1))
        if self.prompt.tokens > window:
            raise TooLarge(_NO_ROOM, tokens=self.prompt.tokens, window=window)
        return self.prompt.messages

    def _end(self, raw: Any) -> None:
        provider = self._choice.provider
        ending = provider.ending(raw or {})
        self._counted = ending.usage
        if not ending.finished:
            raise ProviderFailed(
                "The answer of %(provider)s was cut off. Try again, or choose another provider.",
                provider=provider.label,
            )

    def _show(self, piece: str) -> str:
        before, self._written = self._written, self._written + piece
        if self._brief.retrieval is not None and NO_ANSWER.startswith(self._written.strip()):
            return ""  # it may become the model's word for "not in the passages", which is not for readers
        held = NO_ANSWER.startswith(before.strip()) and self._brief.retrieval is not None
        return self._allowed(self._gate.feed(self._written if held else piece))

    def _close(self) -> str:
        if self._says_no_answer:
            return ""
        shown = self._allowed(self._gate.close())
        return shown + self._output.close() if self._output else shown

    def _allowed(self, text: str) -> str:
        return self._output.feed(text) if self._output else text

    @property
    def _says_no_answer(self) -> bool:
        return self._written.strip().rstrip(".!") == NO_ANSWER

    def _quote_or_refuse(self) -> Delta:
        """No answer from documents goes without a citation; what is quoted instead is labelled as quoted."""
        said_no = self._says_no_answer
        quoted = "" if said_no else quote(self._brief.question, self._passages)
        if not quoted:
            return self._refuse()
        self._gate = Gate(range(1, len(self._passages) + 1))
        self.text = self._gate.feed(quoted) + self._gate.close()
        extractive = get("extractive")
        self.provider, self.model = extractive.name, extractive.default_model(self._settings)
        return Delta(self.text, replace=True)

    def _block(self) -> Delta:
        self.action = Action.BLOCKED
        self.text = translate(self._brief.language, _BLOCKED)
        return Delta(self.text, replace=True)

    def _refuse(self) -> Delta:
        retrieval = self._brief.retrieval
        looked_at = len(retrieval.passages) if retrieval else 0
        self.action = Action.REFUSE
        self.text = translate(
            self._brief.language,
            _NOT_ENOUGH if looked_at else _NOTHING_THERE,
            collection=self._brief.searched,
            count=looked_at,
        )
        return Delta(self.text, replace=True)

    def _without_text(self) -> Delta:
        if self.provider != "extractive":
            raise ProviderFailed(provider=self._choice.provider.label)
        self.action = Action.REFUSE
        self.text = translate(self._brief.language, _NO_MODEL)
        return Delta(self.text, replace=True)
