"""The rounds with one model: what it is told, what it writes, the tools that it calls, and what that cost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.entities.messages import Usage
from core.entities.retrieval import Passage
from core.errors import BadInput, NichewiseError, ProviderFailed, TooLarge
from core.settings import Settings
from rag.contract import MOST_TOOL_ROUNDS, Broken, Reader, Said, ToolCall, ToolResult
from rag.prompting import Brief, Prompt, Role, compose, fence
from rag.providers import Params, ended, estimate_tokens, readable
from rag.providers.choice import Choice
from rag.providers.servers import Call, Servers
from rag.providers.vendor_errors import ENDLESS

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatMessage

_NO_ROOM = (
    "Question and instructions have about %(tokens)s tokens, and the model reads %(window)s. "
    "Shorten them, or choose a larger context window."
)
_LONGEST_ANSWER = 30_000  # characters; a model that repeats itself does so until its window is full
_REPEATED = range(12, 241)  # characters of what a model says over and over
_TIMES = 8
_LOOKED_EVERY = 400  # characters: it is not looked for with every piece
_BROKEN = "That was not the JSON object that was asked for: {why} Reply again, with the object and nothing else.\n"
_NO_MORE_TOOLS = "no more tools can be called, it must be the object that has your answer.\n"


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool that the model called. `error` is what it was told when that failed."""

    name: str
    arguments: Mapping[str, Any]
    error: str = ""


class Dialogue:
    """`round` asks once; between two rounds `use` or `correct` says what comes next. The attributes say at any moment
    how far it is, so that an answer that is stopped or fails is counted too."""

    def __init__(self, brief: Brief, choice: Choice, params: Params, settings: Settings, servers: Servers) -> None:
        self.prompt: Prompt | None = None
        self.window: int | None = None  # tokens that the model was given
        self.place = 0  # in the queue before the model's server
        self.first_token_at: float | None = None  # on the monotonic clock
        self.called: list[ToolUse] = []
        self.dashboard: Mapping[str, Any] | None = None  # of the last tool that found figures
        self._brief, self._choice, self._params = brief, choice, params
        self._settings, self._servers = settings, servers
        self._reader: Reader | None = None
        self._found: tuple[Passage, ...] = ()  # by tools
        self._exchange: list[tuple[Role, str]] = []
        self._heard = False  # whether a model has begun to answer
        self._written = ""  # what the model has written in a round that goes on
        self._half = ""  # of a character, whose other half comes with the next piece
        self._looked = 0  # at how many characters it was last looked whether it repeats itself
        self._raw = ""  # what it wrote in the last round that has ended
        self._counted: list[Usage] = []  # by round that has ended

    @property
    def passages(self) -> Sequence[Passage]:
        """What the model was shown, in the order of its numbers."""
        return (*self.prompt.passages, *self._found) if self.prompt else ()

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

    @property
    def reply(self) -> str:
        """What a person may read of this round."""
        return self._reader.reply if self._reader else self._written or self._raw

    async def round(self) -> AsyncGenerator[str, None]:
        """Asks the model; `reply` with each piece. Raises the provider's error, and `ProviderFailed` for an answer that
        does not end."""
        raw: Any = None
        self._written, self._raw, self._half, self._looked = "", "", "", 0
        self._reader = Reader(self._brief.contract) if self._brief.contract else None
        call = Call(
            self._choice.provider, self._settings, self._choice.model, self._params, self._compose, self._take_place
        )
        async with aclosing(self._servers.stream(call)) as responses:
            async for response in responses:
                raw, self._heard = response.raw, True
                self._write(response.delta or "")
                yield self.reply
        self._end(raw)

    def close(self) -> Said | ToolCall | Broken | None:
        """What the round was that has ended; None for plain text."""
        said = self._reader.close() if self._reader else None
        self._pin_passages()
        if isinstance(said, ToolCall) and len(self.called) >= MOST_TOOL_ROUNDS:
            return Broken(_NO_MORE_TOOLS)
        return said

    async def use(self, call: ToolCall) -> None:
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
        first = len(self.passages) + 1
        self._found += result.passages
        self.dashboard = result.dashboard or self.dashboard
        passages = fence(result.passages, first) if result.passages else ""
        told = f"Result of {call.tool}, quoted data:\n{error or result.text}\n{passages}".strip()
        self._exchange += [("assistant", self._raw), ("user", told)]

    def correct(self, why: str) -> None:
        """Tells the model what was wrong with what it wrote."""
        self._exchange += [("assistant", self._raw), ("user", _BROKEN.format(why=why))]

    def _compose(self, window: int) -> tuple[ChatMessage, ...]:
        self.window = window
        self.prompt = compose(self._brief, window, self._params.max_tokens, self._exchange)
        if self.prompt.tokens > window:
            raise TooLarge(_NO_ROOM, tokens=self.prompt.tokens, window=window)
        return self.prompt.messages

    def _take_place(self, place: int) -> None:
        self.place = place

    def _write(self, piece: str) -> None:
        if piece and self.first_token_at is None:
            self.first_token_at = time.monotonic()
        piece, self._half = self._half + piece, ""
        if "\ud800" <= piece[-1:] <= "\udbff":
            piece, self._half = piece[:-1], piece[-1]
        piece = readable(piece)
        self._written += piece
        self._check_end()
        if self._reader is not None:
            self._reader.feed(piece)

    def _check_end(self) -> None:
        if len(self._written) - self._looked < _LOOKED_EVERY:
            return
        self._looked = len(self._written)
        repeats = any(self._written.endswith(self._written[-size:] * _TIMES) for size in _REPEATED)
        if repeats or len(self._written) > _LONGEST_ANSWER:
            raise ProviderFailed(ENDLESS, provider=self._choice.provider.label)

    def _end(self, raw: Any) -> None:
        provider = self._choice.provider
        ending = ended(provider, raw)
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
