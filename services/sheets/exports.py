"""Takes a table of a spreadsheet home: the rows of a query as CSV and XLSX, with what they are and where from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.entities.sheets import Cell, Kind
from core.i18n import translate
from services import spreadsheets
from services.spreadsheets import SHARE, Look, Page

MOST_ROWS = 200_000  # of one file
_LOOKS: Mapping[Kind, Look] = {"integer": "integer", "number": "decimal", "percent": "percent", "date": "date"}


@dataclass(frozen=True, slots=True)
class Taken:
    """Rows as they are on the screen, under `heads` with their units; `about` says what they are, a line each."""

    heads: Sequence[str]
    kinds: Sequence[Kind]
    rows: Sequence[Sequence[Cell]]
    about: Sequence[str]
    language: str = "en"


def as_csv(taken: Taken) -> bytes:
    """Percentages are shares, and their heads say so."""
    share = translate(taken.language, SHARE)
    heads = zip(taken.heads, taken.kinds, strict=True)
    named = [f"{head}, {share}" if kind == "percent" else head for head, kind in heads]
    return spreadsheets.as_csv(named, taken.rows)


def as_xlsx(taken: Taken) -> bytes:
    """A sheet with typed cells, and one that says what they are."""
    looks = [_LOOKS.get(kind, "text") for kind in taken.kinds]
    page = Page(translate(taken.language, "Table"), taken.heads, looks, taken.rows)
    return spreadsheets.as_xlsx(page, translate(taken.language, "About"), taken.about)
