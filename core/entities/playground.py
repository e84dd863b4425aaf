"""Values of the playground and of the model servers' administration that cross layers: frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from core.entities.messages import Action, Usage
from core.roles import Role

Status = Literal["waiting", "running", "done", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class Configuration:
    """Who answers, and how. Without a provider the product chooses; without `instructions` the scenario's are used."""

    provider: str | None = None
    model: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    instructions: str = ""
    retrieval: bool = True


@dataclass(frozen=True, slots=True)
class Attempt:
    """One answer of one configuration. `first_ms` and `took_ms` are milliseconds from its start; `place` is that in the
    server's queue, 0 once it is being written; `cost` is in the currency of the prices, None without a price;
    `error` is a sentence in the reader's language. `provider` and `model` are those that were really asked. `window` is
    None where no model was asked, and then nothing was applied or ignored. `replaced`: what the model wrote cited
    nothing, and `text` is the quotes or the refusal in its place."""

    text: str = ""
    status: Status = "waiting"
    action: Action = Action.ANSWER
    provider: str = ""
    model: str = ""
    first_ms: int | None = None
    took_ms: int = 0
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None
    ignored: tuple[str, ...] = ()
    applied: tuple[str, ...] = ()
    window: int | None = None
    dropped: int = 0
    cited: tuple[int, ...] = ()
    place: int = 0
    error: str = ""
    replaced: bool = False

    @property
    def ended(self) -> bool:
        return self.status in ("done", "failed", "stopped")


@dataclass(frozen=True, slots=True)
class Lane:
    """A column: one configuration and its attempts, oldest first; the last one may be running."""

    configuration: Configuration
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that all columns were given as `[n]`. `text` is empty for who may not read its document now."""

    n: int
    chunk_id: UUID
    document_id: UUID
    title: str
    page: int | None
    score: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One point of a sweep with its attempts; `agreement` in [0, 1] is how alike their texts are, None for one text.
    `golden` is the share of `golden_asked` golden questions that were answered right there, None where none was."""

    temperature: float
    top_p: float
    attempts: tuple[Attempt, ...] = ()
    agreement: float | None = None
    golden: float | None = None
    golden_asked: int = 0


@dataclass(frozen=True, slots=True)
class Experiment:
    """Everything that is needed to repeat a comparison. `title` is empty until it is saved under a name. `setup` is
    what was in force when it was asked: the version of the collection and its embedding, the product's own
    instructions for columns without any."""

    id: UUID
    owner_id: UUID
    owner: str
    title: str
    question: str
    collection: str
    repeats: int
    lanes: tuple[Lane, ...]
    sources: tuple[Source, ...]
    shared: bool
    created_at: datetime
    updated_at: datetime
    grid: tuple[Cell, ...] = ()
    sweep_id: UUID | None = None
    setup: Mapping[str, Any] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        return any(not attempt.ended for lane in self.lanes for attempt in lane.attempts)


@dataclass(frozen=True, slots=True)
class Score:
    """Blind votes for one model: `won` of `shown`."""

    provider: str
    model: str
    won: int
    shown: int


@dataclass(frozen=True, slots=True)
class Preset:
    id: UUID
    name: str
    configuration: Configuration
    created_by: str
    created_at: datetime
    owner_id: UUID | None = None


# --- administration of model servers --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """What administrators set over the environment; empty leaves the environment's. `key` is sealed at rest."""

    provider: str
    address: str = ""
    model: str = ""
    key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ModelRule:
    """Prices per million tokens, None where unknown; `roles` None lets every role use the model."""

    provider: str
    model: str
    input_price: float | None = None
    output_price: float | None = None
    roles: tuple[Role, ...] | None = None


@dataclass(frozen=True, slots=True)
class RoleModel:
    """The provider and model that answer a role which chooses none."""

    role: Role
    provider: str
    model: str


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """A provider as it is now. `error` is a sentence (a gettext message id), empty when it answers. The key
    itself is never told, only whether there is one."""

    name: str
    label: str
    configured: bool
    accepts: tuple[str, ...]
    default_model: str
    address: str
    models: tuple[str, ...] = ()
    latency_ms: int | None = None
    error: str = ""
    running: int = 0
    waiting: int = 0
    open: bool = False
    key_set: bool = False
    checking: bool = False  # it is being asked just now
