"""How documents get on, and those that wait for somebody to look at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from core.entities.corpora import Document
from core.entities.reading import Finding


@dataclass(frozen=True, slots=True)
class Held:
    """A document in quarantine as an administrator sees it, whoever's collection it is in."""

    document_id: UUID
    title: str
    filename: str
    collection: str
    owner: str  # e-mail; empty where the person is gone
    held_at: datetime
    findings: tuple[Finding, ...]


Pulse = Literal["waiting", "busy", "stuck", "dead", "ended"]
"""How alive the work on a document is. `waiting`: it is in the queue. `busy`: its worker beats and it gets on. `stuck`:
the worker beats, but nothing has moved for a while. `dead`: no worker holds it, and none will take it up."""


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A document with how alive the work on it is. `next_try_at` is when the queue takes it up again, if later than
    now; `rate` is chunks per second since its present stage began, None while there is no pace to speak of."""

    document: Document
    pulse: Pulse
    next_try_at: datetime | None = None
    rate: float | None = None

    @property
    def seconds_left(self) -> float | None:
        if not self.rate or self.document.total <= self.document.done:
            return None
        return (self.document.total - self.document.done) / self.rate


@dataclass(frozen=True, slots=True)
class LedgerCounts:
    """What there is of each stage (the keys are values of `Stage`), how many of one's own uploads are on their way, and
    how much became ready in the last minute."""

    stages: Mapping[str, int]
    own_running: int
    documents_per_minute: int
    chunks_per_minute: int

    @property
    def running(self) -> int:
        return sum(self.stages.get(stage, 0) for stage in RUNNING_STAGES)

    @property
    def seconds_left(self) -> float | None:
        """By the pace of the last minute; None while nothing became ready."""
        return 60.0 * self.running / self.documents_per_minute if self.documents_per_minute else None


RUNNING_STAGES = ("received", "parsed", "chunked", "embedded", "indexed", "verified")
