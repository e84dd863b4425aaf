"""What an answer carries beside its text: choices, fields, figures, and the record of how it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Choice:
    """A button under an answer. Pressing it sends `message` to `scenario` ("" leaves it to the router), with `value`
    for that scenario, such as the id of an article."""

    label: str
    message: str
    scenario: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """`fields` are JSON for programs and forms; `stage` is that of a registration; `dashboard` is the figures as
    `niches.snapshots` writes them, None where there are none."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    stage: int | None = None
    choices: tuple[Choice, ...] = ()
    dashboard: Mapping[str, Any] | None = None

    def __bool__(self) -> bool:
        return bool(self.fields or self.stage is not None or self.choices or self.dashboard)


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the way of an answer: its name, milliseconds, and what it found, as JSON."""

    name: str
    ms: float
    found: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trace:
    """How an answer was made, in the order of its steps."""

    steps: tuple[Step, ...] = ()

    def step(self, name: str) -> Step | None:
        return next((one for one in self.steps if one.name == name), None)
