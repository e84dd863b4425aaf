"""The one JSON object that a model answers with, read while it arrives; plain text counts as the reply itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.entities.retrieval import Passage

MOST_TOOL_ROUNDS = 5
_KEYS = ("scenario", "action", "reply", "fields", "stage", "tool", "arguments")
_OBJECT = re.compile(rf'\{{\s*"(?:{"|".join(_KEYS)})"\s*:')
_PERHAPS = re.compile(r'\{\s*(?:"[a-z]{0,9}(?:"\s*)?)?')  # what may still become the beginning of our object
_FENCE = re.compile(r"\s*`{1,3}(?:json)?\s*")
_REPLY = re.compile(r'"reply"\s*:\s*"')
_STRING = re.compile(r'(?:[^"\\]|\\(?:u[0-9a-fA-F]{4}|[^u]))*')  # as much of a string as is whole
_HIGH_SURROGATE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}$")


class Said(BaseModel):
    """What a model says in the end."""

    model_config = ConfigDict(extra="forbid")

    scenario: str
    action: Literal["answer", "refuse", "ask"]
    reply: str
    fields: dict[str, Any] = Field(default_factory=dict)


class ToolCall(BaseModel):
    """What a model wants to know first."""

    model_config = ConfigDict(extra="forbid")

    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Broken:
    """A text that set out to be the object and is not: `why` is for the model."""

    why: str


@dataclass(frozen=True, slots=True)
class ToolResult:
    """`text` is data for the model; `passages` are numbered after those it has and may be cited; `dashboard` is shown
    under the answer."""

    text: str = ""
    passages: tuple[Passage, ...] = ()
    dashboard: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """`call` checks the arguments itself: it raises `BadInput` for those that it cannot use."""

    name: str
    description: str
    call: Callable[[Mapping[str, Any]], ToolResult]


@dataclass(frozen=True, slots=True)
class Contract:
    """An answer of `scenario`; `tools` are what the model may ask first."""

    scenario: str
    tools: tuple[Tool, ...] = ()

    def rules(self) -> str:
        """For the system prompt."""
        example = {"scenario": self.scenario, "action": "answer", "reply": "what the person reads", "fields": {}}
        rules = f"Reply with one JSON object and nothing else, like this:\n{json.dumps(example)}\n"
        rules += '"action" is "answer", or "refuse" if you cannot answer.'
        if not self.tools:
            return rules
        offered = "\n".join(f"- {tool.name}: {tool.description}" for tool in self.tools)
        return (
            f"{rules}\nIf you need more first, reply with one tool call instead, at most {MOST_TOOL_ROUNDS} times:\n"
            f'{{"tool": "name", "arguments": {{}}}}\nTools:\n{offered}'
        )


class Reader:
    """Reads what a model writes, piece by piece. `reply` is what a person may read of it so far: it grows, but starts
    anew when a text that looked plain turns out to hold the object."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._raw = ""
        self._object_at: int | None = None
        self._string_at: int | None = None  # where what is still to be decoded of the reply begins
        self.reply = ""

    def feed(self, piece: str) -> None:
        self._raw += piece
        if self._object_at is None:
            self._object_at = self._found_object()
        if self._object_at is None:
            self._read_prose(self._raw)
        else:
            self._read_string(self._object_at)

    def close(self) -> Said | ToolCall | Broken | None:
        """What it was, None for plain text. `reply` is whole now."""
        if self._object_at is None:
            self.reply = self._raw
            return None if self._raw.strip(" \t\n`") else Broken("it was empty.")
        return self._parsed(self._raw[self._object_at :])

    # --- within -----------------------------------------------------------------------------------------------------

    def _found_object(self) -> int | None:
        fence = _FENCE.match(self._raw)
        start = fence.end() if fence else len(self._raw) - len(self._raw.lstrip())
        if self._raw[start : start + 1] == "{":
            return start
        found = _OBJECT.search(self._raw)
        return found.start() if found else None

    def _read_prose(self, text: str) -> None:
        """All but a beginning that may still turn out to be a fence or our object."""
        held = text.rfind("{")
        if held >= 0 and _PERHAPS.fullmatch(text, held):
            text = text[:held]
        if not text.lstrip().startswith("`") or len(text.lstrip()) > len("```json\n"):
            self.reply = text

    def _read_string(self, start: int) -> None:
        if self._string_at is None:
            found = _REPLY.search(self._raw, start)
            if found is None:
                return
            self._string_at, self.reply = found.end(), ""
        whole = _STRING.match(self._raw, self._string_at)
        text = whole.group() if whole else ""
        if _HIGH_SURROGATE.search(text):
            text = text[:-6]
        try:
            self.reply += json.loads(f'"{text}"', strict=False)
        except ValueError:
            return  # an escape that JSON does not know: the end will tell
        self._string_at += len(text)

    def _parsed(self, text: str) -> Said | ToolCall | Broken:
        try:
            value, _ = json.JSONDecoder(strict=False).raw_decode(text)
        except ValueError as error:
            return Broken(f"it was no valid JSON, {error}.")
        try:
            if "tool" in value:
                return ToolCall.model_validate(value)
            said = Said.model_validate(value)
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(str(part) for part in problem["loc"])
            return Broken(f"{place}: {problem['msg']}.")
        if said.scenario.upper() != self._contract.scenario:
            return Broken(f'"scenario" must be "{self._contract.scenario}".')
        self.reply = said.reply
        return said
