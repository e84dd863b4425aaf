"""What models were used for, as the ledger keeps it and the usage page sums it up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.entities.messages import Usage


class Activity(StrEnum):
    ASSISTANT = "assistant"
    PLAYGROUND = "playground"
    SWEEP = "sweep"


class Dimension(StrEnum):
    """What usage is summed up by. Days are those of UTC, as the daily quotas are."""

    DAY = "day"
    PERSON = "person"
    ROLE = "role"
    ACTIVITY = "activity"
    SCENARIO = "scenario"
    PROVIDER = "provider"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Spent:
    """One answer of a model. `key` names it once and for all: a second entry with the same key is not counted."""

    key: str
    activity: Activity
    provider: str
    model: str
    usage: Usage
    scenario: str = ""


@dataclass(frozen=True, slots=True)
class UsageSum:
    """Of all answers that share `name`. `estimated` is how many of the tokens no provider counted; `cost` is at the
    prices of now, in their currency, and leaves out the `unpriced` tokens of models without a price."""

    name: str
    answers: int
    prompt_tokens: int
    completion_tokens: int
    estimated: int
    cost: float
    unpriced: int

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Quota:
    """What a person's role may still do: tokens `spent` today of `most` (None: no quota), and messages a minute."""

    spent: int
    most: int | None
    per_minute: int
