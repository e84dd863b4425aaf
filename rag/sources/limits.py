"""Bounds of what one reading of a source may take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` is for one answer of a server, or for a whole query; `answer_bytes` for one answer of a server,
    `record_bytes` for the text of one record, `records` for all of them."""

    seconds: float = 60
    answer_bytes: int = 32 << 20
    record_bytes: int = 16 << 20
    records: int = 200_000
    pages: int = 10_000
