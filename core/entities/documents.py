"""Values of documents that people must look at, of their ledger, and of uploaded archives: frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Literal
from uuid import UUID

if TYPE_CHECKING:
    from core.entities.corpora import Document


class FindingKind(StrEnum):
    """Why a document waits for an administrator."""

    WHITE = "white"  # its letters have the colour of what is behind them
    TINY = "tiny"
    OFF_PAGE = "off_page"
    HIDDEN = "hidden"  # the file itself says that it is not to be shown
    INSTRUCTION = "instruction"  # it speaks to a model, not to a reader


@dataclass(frozen=True, slots=True)
class Finding:
    """What a reader found in a document that people would not see or were not meant to; `text` is that text, cut to
    `LONGEST_FINDING` characters; `page` counts from 1."""

    kind: FindingKind
    text: str
    page: int | None = None


LONGEST_FINDING = 500
MOST_FINDINGS = 20  # of one document


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
    """What there is of each stage (the keys are values of `Stage`), and how much became ready in the last minute."""

    stages: Mapping[str, int]
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
