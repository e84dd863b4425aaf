"""Writes one answer: asks the model, runs the gate over its stream, and refuses or quotes where evidence is missing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.entities.messages import Action, Usage
from core.entities.retrieval import Citation, Passage
from core.errors import BadInput, NichewiseError, ProviderFailed, TooLarge
from core.i18n import translate
from core.settings import Settings
from rag.citations import Gate, snapshots
from rag.contract import MOST_TOOL_ROUNDS, Broken, Reader, Said, ToolCall, ToolResult
from rag.guardrails import OutputFilter, Verdict
from rag.prompting import NO_ANSWER, Brief, Prompt, Role, compose, fence
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
_REPEATED = range(12, 241)  # characters of what a model says over and over
_TIMES = 8
_LOOKED_EVERY = 400  # characters: it is not looked for with every piece
_BROKEN = "That was not the JSON object that was asked for: {why} Reply again, with the object and nothing else.\n"
_NO_MORE_TOOLS = "no more tools can be called, it must be the object that has your answer.\n"


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the answer; with `replace` it stands for everything shown before."""

    text: str
    replace: bool = False


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool that the model called. `error` is what it was told when that failed."""

    name: str
    arguments: Mapping[str, Any]
    error: str = ""


class Draft:
    """One answer being written. Its attributes say at any moment what a reader has been shown, so that an answer that
    is stopped or fails keeps its text, its citations and its usage. `output` makes a filter for what is shown."""

    def __init__(
        self,
        brief: Brief,
        choice: Choice,
        params: Params,
        settings: Settings,
        servers: Servers | None = None,
        output: Callable[[], OutputFilter] | None = None,
    ) -> None:
        self.text = ""
        self.action = Action.ANSWER
        self.fields: Mapping[str, Any] = {}
        self.dashboard: Mapping[str, Any] | None = None  # of the last tool that found figures
        self.provider = choice.provider.name
        self.model = choice.model
        self.asked = self.provider, self.model  # whose tokens they are, also where quotes take the answer's place
        self.ignored = ignored(choice.provider, params, choice.model)
        self.prompt: Prompt | None = None
        self.window: int | None = None  # tokens that the model was given
        self.place = 0  # in the queue before the model's server
        self.first_token_at: float | None = None  # on the monotonic clock
        self.called: list[ToolUse] = []
        self.gate_ms = 0.0
        self.cut = ""  # what had been shown of an answer that a rule stopped
        self.replaced = False  # what the model wrote did not stand
        self.broken = ""  # why what the model wrote last was not what it was asked for
        self._servers = servers or Servers()
        self._choice, self._params, self._settings = choice, params, settings
        # The built-in answerer writes no JSON: it quotes.
        self._brief = brief if choice.provider.name != "extractive" else replace(brief, contract=None)
        self._make_output, self._output = output, output() if output else None
        self._gate = Gate(())
        self._lead = brief.lead
        self._reader: Reader | None = None
        self._said: Said | ToolCall | Broken | None = None
        self._reply = ""
        self._found: tuple[Passage, ...] = ()  # by tools
        self._exchange: list[tuple[Role, str]] = []
        self._heard = False  # whether a model has begun to answer
        self._written = ""  # what the model has written in a round that goes on, before the gate
        self._looked = 0  # at how many characters it was last looked whether it repeats itself
        self._raw = ""  # the same of the last round that has ended
        self._taken = ""  # what of its reply has gone through the gate
        self._counted: list[Usage] = []  # by round that has ended

    @property
    def choice(self) -> Choice:
        """Who was asked, and is paid: the answer may be another's in the end (`provider`, `model`)."""
        return self._choice

    @property
    def citations(self) -> tuple[Citation, ...]:
        return snapshots(self._passages, self.cited)

    @property
    def cited(self) -> list[int]:
        """The places, from 1, of the passages that are cited, in the order of the citations."""
        return self._gate.cited if self.action is Action.ANSWER else []

    @property
    def stopped_by(self) -> Verdict | None:
        """The rule about answers that this one met, if it met one."""
        return self._output.verdict if self._output else None

    @property
    def usage(self) -> Usage:
        """As the server counted it, else an estimate that says so; nothing where no model was asked, or none answered:
        what came to nothing before its first piece was counted by nobody."""
        rounds = list(self._counted)
        if self.prompt is not None and (self._written or (self._heard and not rounds)):
            rounds.append(Usage(self.prompt.tokens, estimate_tokens(self._written), estimated=True))
        return Usage(
            sum(one.prompt_tokens for one in rounds),
            sum(one.completion_tokens for one in rounds),
            estimated=any(one.estimated for one in rounds),
        )

    async def write(self) -> AsyncGenerator[Delta, None]:
        """The pieces as they may be shown. Raises the provider's error; what came before it stays in `text`."""
        retrieval = self._brief.retrieval
        if self._brief.lead:
            yield self._add(self._brief.lead)
        if retrieval is not None and not retrieval.answerable:
            if not self._brief.lead:
                yield self._refuse()
            return
        async with aclosing(self._rounds()) as pieces:
            async for delta in pieces:
                yield delta
        if last := self._last_word():
            self.replaced = True
            yield last

    def _last_word(self) -> Delta | None:
        """What takes the place of an answer that may not stand as it is."""
        if self.stopped_by is not None:
            return self._block()
        if self._brief.retrieval is not None and (self.broken or not self._gate.cited):
            return self._start_over() if self._brief.lead else self._quote_or_refuse()
        if self._brief.retrieval is None and (self.broken or not self.text.strip()):
            return self._without_text()
        return None

    @property
    def _passages(self) -> Sequence[Passage]:
        return (*self.prompt.passages, *self._found) if self.prompt else ()

    # --- rounds with the model --------------------------------------------------------------------------------------

    async def _rounds(self) -> AsyncGenerator[Delta, None]:
        """One round where the model answers at once; more for its tools, and one more for an answer that was broken."""
        retried = False
        while True:
            async with aclosing(self._ask()) as pieces:
                async for delta in pieces:
                    yield delta
            if self.stopped_by is not None:
                return
            ending = self._close()
            for delta in ending:
                yield delta
            said = self._said
            self._pin_passages()
            self.broken = said.why if isinstance(said, Broken) else ""
            if isinstance(said, ToolCall):
                await self._use(said)
            elif self.broken and not retried:
                retried = True
                self._exchange += [("assistant", self._raw), ("user", _BROKEN.format(why=self.broken))]
            else:
                return
            shown = self.text
            if self._start_over().text != shown:
                yield Delta(self.text, replace=True)

    async def _ask(self) -> AsyncGenerator[Delta, None]:
        raw: Any = None
        self._written, self._taken, self._looked = "", "", 0
        self._reader = Reader(self._brief.contract) if self._brief.contract else None
        async with aclosing(self._responses()) as responses:
            async for response in responses:
                raw, self._heard = response.raw, True
                if response.delta and self.first_token_at is None:
                    self.first_token_at = time.monotonic()
                self._check_length()
                for delta in self._show(response.delta or ""):
                    yield delta
                if self.stopped_by is not None:
                    return
        self._end(raw)

    def _check_length(self) -> None:
        if len(self._written) - self._looked < _LOOKED_EVERY:
            return
        self._looked = len(self._written)
        repeats = any(self._written.endswith(self._written[-size:] * _TIMES) for size in _REPEATED)
        if repeats or len(self._written) > _LONGEST_ANSWER:
            raise ProviderFailed(_ENDLESS, provider=self._choice.provider.label)

    def _responses(self) -> AsyncGenerator[ChatResponse, None]:
        call = Call(
            self._choice.provider, self._settings, self._choice.model, self._params, self._compose, self._take_place
        )
        return self._servers.stream(call)

    def _take_place(self, place: int) -> None:
        self.place = place

    def _compose(self, window: int) -> tuple[ChatMessage, ...]:
        self.window = window
        self.prompt = compose(self._brief, window, self._params.max_tokens, self._exchange)
        self._gate = self._new_gate()
        if self.prompt.tokens > window:
            raise TooLarge(_NO_ROOM, tokens=self.prompt.tokens, window=window)
        return self.prompt.messages

    def _new_gate(self) -> Gate:
        return Gate(range(1, len(self._passages) + 1))

    def _end(self, raw: Any) -> None:
        provider = self._choice.provider
        ending = provider.ending(raw or {})
        if not ending.finished:
            raise ProviderFailed(
                "The answer of %(provider)s was cut off. Try again, or choose another provider.",
                provider=provider.label,
            )
        self._counted.append(ending.usage or self.usage)
        self._raw, self._written = self._written, ""

    def _pin_passages(self) -> None:
        """From the second round on the model is offered the passages that it has seen, under their numbers."""
        if self._brief.retrieval is not None and self.prompt is not None and not self._exchange:
            seen = replace(self._brief.retrieval, passages=self.prompt.passages)
            self._brief = replace(self._brief, retrieval=seen)

    async def _use(self, call: ToolCall) -> None:
        """Calls a tool and tells the model what it found."""
        tools = {tool.name: tool for tool in self._brief.contract.tools} if self._brief.contract else {}
        result, error = ToolResult(), ""
        try:
            if call.tool not in tools:
                raise BadInput("There is no tool %(name)s.", name=call.tool)
            result = await asyncio.to_thread(tools[call.tool].call, call.arguments)
        except NichewiseError as failed:
            error = failed.message
        self.called.append(ToolUse(call.tool, call.arguments, error))
        first = len(self._passages) + 1
        self._found += result.passages
        self.dashboard = result.dashboard or self.dashboard
        passages = fence(result.passages, first) if result.passages else ""
        told = f"Result of {call.tool}, quoted data:\n{error or result.text}\n{passages}".strip()
        self._exchange += [("assistant", self._raw), ("user", told)]

    # --- what is shown of it ----------------------------------------------------------------------------------------

    def _show(self, piece: str) -> list[Delta]:
        self._written += piece
        if self._reader is not None:
            self._reader.feed(piece)
        reply = self._reader.reply if self._reader else self._written
        if self._brief.retrieval is not None and NO_ANSWER.startswith(reply.strip()):
            return []  # it may become the model's word for "not in the passages", which is not for readers
        return self._shown(reply)

    def _shown(self, reply: str) -> list[Delta]:
        """What `reply`, which has grown or begun anew, adds to what is shown."""
        deltas = []
        if not reply.startswith(self._taken):
            deltas.append(self._start_over())
        fresh, self._taken = reply[len(self._taken) :], reply
        started = time.perf_counter()
        shown = self._allowed(self._gate.feed(fresh))
        self.gate_ms += (time.perf_counter() - started) * 1000
        if shown:
            deltas.append(self._add(shown))
        return deltas

    def _close(self) -> list[Delta]:
        """The end of a round: what it was, and what is still to be shown of it."""
        self._said = self._reader.close() if self._reader else None
        self._reply = self._reader.reply if self._reader else self._raw
        if isinstance(self._said, ToolCall) and len(self.called) >= MOST_TOOL_ROUNDS:
            self._said = Broken(_NO_MORE_TOOLS)
        if isinstance(self._said, ToolCall | Broken) or self._refuses or self._no_answer:
            return []
        if isinstance(self._said, Said):
            self.fields = self._said.fields
            self.action = Action.ASK if self._said.action == "ask" and not self._brief.retrieval else self.action
        deltas = self._shown(self._reply)
        rest = self._allowed(self._gate.close()) + (self._output.close() if self._output else "")
        return [*deltas, self._add(rest)] if rest else deltas

    @property
    def _no_answer(self) -> bool:
        """Whether the model says that the passages do not answer."""
        return self._brief.retrieval is not None and self._reply.strip().rstrip(".!") == NO_ANSWER

    @property
    def _refuses(self) -> bool:
        return isinstance(self._said, Said) and self._said.action == "refuse" and self._brief.retrieval is not None

    def _allowed(self, text: str) -> str:
        return self._output.feed(text) if self._output else text

    def _add(self, text: str) -> Delta:
        self.text += text
        return Delta(text)

    def _start_over(self) -> Delta:
        """Takes back what was shown after the lead."""
        self._taken, self.text, self._gate = "", self._lead, self._new_gate()
        self._output = self._make_output() if self._make_output else None
        return Delta(self.text, replace=True)

    def _quote_or_refuse(self) -> Delta:
        """No answer from documents goes without a citation; what is quoted instead is labelled as quoted."""
        said_no = self._refuses or self._no_answer
        quoted = "" if said_no else quote(self._brief.question, self._passages)
        if not quoted:
            return self._refuse()
        self._gate = self._new_gate()
        self.text = self._gate.feed(quoted) + self._gate.close()
        extractive = get("extractive")
        self.provider, self.model = extractive.name, extractive.default_model(self._settings)
        return Delta(self.text, replace=True)

    def _block(self) -> Delta:
        self.action, self.cut = Action.BLOCKED, self.text
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
        if self._brief.fallback:
            self.text = self._brief.fallback
            return Delta(self.text, replace=True)
        if self.provider != "extractive":
            raise ProviderFailed(provider=self._choice.provider.label)
        self.action = Action.REFUSE
        self.text = translate(self._brief.language, _NO_MODEL)
        return Delta(self.text, replace=True)
