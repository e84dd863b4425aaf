"""Reads one cell: numbers and periods as people write them, in English and Russian."""

from __future__ import annotations

import math
import re
from datetime import date

from rag.tables.cells import MONTHS

_EMPTY = frozenset({"", "-", "–", "—", "n/a", "na", "nan", "null", "none", "нет", "н/д", "…", "..."})
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'’_")
_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")
_ISO = re.compile(r"(\d{4})(?:[-./](\d{1,2}))?(?:[-./]\d{1,2})?(?:[T ].*)?")
_TURNED = re.compile(r"(?:\d{1,2}[./-])?(\d{1,2})[./-](\d{4})")
_NAMED = re.compile(r"([a-zа-яё]+)\.?,?\s+(\d{4})(?:\s*г\.?)?", re.IGNORECASE)


def number(cell: str) -> float | None:
    """The number in a cell, None for an empty one (never zero); raises ValueError for anything else."""
    try:
        value: float | None = float(cell)
    except ValueError:
        value = _written(cell)
    if value is None:
        return None
    if not math.isfinite(value):
        if cell.strip().lower() in _EMPTY:
            return None
        raise ValueError(cell)
    return value


def _written(cell: str) -> float | None:
    text = cell.strip()
    if text.lower() in _EMPTY:
        return None
    share = text.endswith("%")
    text = text.rstrip("%").strip().translate(_SPACES).replace("−", "-")
    text = text.replace(",", "") if _THOUSANDS.fullmatch(text) else text.replace(",", ".")
    return float(text) / 100 if share else float(text)


def period(cell: str) -> date | None:
    """The first day of the month (or year) that a cell names, None for an empty one; raises ValueError otherwise."""
    text = cell.strip()
    if text.lower() in _EMPTY:
        return None
    if found := _ISO.fullmatch(text):
        return date(int(found[1]), int(found[2] or 1), 1)
    if found := _TURNED.fullmatch(text):
        return date(int(found[2]), int(found[1]), 1)
    if (found := _NAMED.fullmatch(text)) and (month := MONTHS.get(found[1][:3].lower())):
        return date(int(found[2]), month, 1)
    raise ValueError(cell)
