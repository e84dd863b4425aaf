"""What a reader makes of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

LONGEST_FINDING = 500
MOST_FINDINGS = 20  # of one document


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a document in reading order.

    `page` counts from 1 and is None where the format has no pages. `level` is the heading level (1..6), 0 otherwise.
    A table block's text is a Markdown table, header row first.
    """

    text: str
    kind: Literal["heading", "text", "table"] = "text"
    level: int = 0
    page: int | None = None


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


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a reader makes of a file. `pages` is 1 where the format has none. `notes` are sentences for the uploader
    (for example pages without a text layer). `unread` are pages that are pictures and were not recognised. Hidden text
    is in no block; it is among the `findings`, which keep the document back until somebody has looked at them."""

    blocks: tuple[Block, ...]
    title: str = ""
    pages: int = 1
    tags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[int, ...] = ()
    findings: tuple[Finding, ...] = ()
