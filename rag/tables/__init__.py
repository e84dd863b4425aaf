"""Tables of spreadsheets become typed ones: columns with a name, a kind, a unit and values. Pure: blocks in, rows out.

It is done by the process that reads files, from what reading made of the file, so that nothing is read twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath

from core.entities.reading import Block
from core.entities.sheets import NUMERIC, Cell, Correction, Kind, Note, SheetColumn, TypedTable
from core.i18n import N_
from rag.tables import grid, headers, kinds
from rag.tables.corrections import chosen

FORMATS = (".xlsx", ".csv", ".tsv")
LAYOUT = 2  # a newer recogniser makes newer tables: raise it when it sees more than it did

TOO_MANY_TABLES = N_("Only the first %(n)s tables of the file are kept as tables; the others are found as text.")
TOO_MANY_COLUMNS = N_("Only the first %(n)s columns are kept in the table; the others are found as text.")
TOO_MANY_ROWS = N_("Only the first %(n)s rows are kept in the table; the others are found as text.")
TOTALS_LEFT_OUT = N_("Rows with totals are left out, so that nothing is counted twice: %(n)s.")
MISFITS = N_("Cells in “%(column)s” that are not of its type and count as empty: %(n)s.")
MONTH_FIRST = N_("Dates in “%(column)s” are read as month/day/year; the file does not tell.")
DAY_FIRST = N_("Dates in “%(column)s” are read as day/month/year; the file does not tell.")

_MOST_VALUES = 200  # distinct texts of a column that are listed
_LONGEST_VALUE = 80


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one file; `cells` is what all of its tables may have together."""

    tables: int = 50
    columns: int = 200
    rows: int = 500_000
    cells: int = 5_000_000


Typed = tuple[TypedTable, Iterator[tuple[Cell, ...]]]


def has_tables(filename: str) -> bool:
    return PurePath(filename).suffix.lower() in FORMATS


def typed(blocks: Sequence[Block], filename: str, corrections: Sequence[Correction], limits: Limits) -> Iterator[Typed]:
    """The tables of a file in its order, each with its rows; a table without rows, or of one column, is none."""
    english_points = PurePath(filename).suffix.lower() == ".xlsx"  # its numbers are numbers, whatever it is written in
    left, n = limits.cells, 0
    found = list(grid.tables(blocks))
    titles = {raw.title for raw in found}
    for raw in found:
        header, rows = headers.split(raw.rows)
        if len(header) < 2 or not rows:
            continue
        n += 1
        if n > limits.tables:
            return
        kinds_of = partial(chosen, corrections, raw.title, titles)
        table, columns = _typed(raw.title, header, rows, kinds_of, limits, left, english_points)
        if n == limits.tables and raw is not found[-1]:
            table = _noted(table, Note(TOO_MANY_TABLES, {"n": limits.tables}))
        left -= table.rows * len(table.columns)
        yield table, zip(*columns, strict=True)


def _typed(
    title: str,
    header: Sequence[str],
    rows: list[list[str]],
    kinds_of: Callable[[Sequence[str]], Mapping[int, Kind]],
    limits: Limits,
    left: int,
    english_points: bool,
) -> tuple[TypedTable, list[list[Cell]]]:
    notes = []
    if len(header) > limits.columns:
        notes.append(Note(TOO_MANY_COLUMNS, {"n": limits.columns}))
        header = header[: limits.columns]
    kept = [row for row in rows if not headers.is_total(row)]
    if len(rows) > len(kept) > 0:
        notes.append(Note(TOTALS_LEFT_OUT, {"n": len(rows) - len(kept)}))
        rows = kept
    most = min(limits.rows, left // len(header))
    if len(rows) > most:
        notes.append(Note(TOO_MANY_ROWS, {"n": most}))
        rows = rows[:most]
    hint = kinds.hint([*header, *(cell for row in rows[:50] for cell in row)], english_points)
    by_column = [[row[at] if at < len(row) else "" for row in rows] for at in range(len(header))]
    hint = kinds.refined(hint, by_column)
    columns, values = [], []
    names = headers.named(header)
    corrected = kinds_of(names)
    bare = Counter(headers.unit(name)[0] for name in names)
    for place, (named, texts) in enumerate(zip(names, by_column, strict=True)):
        found = kinds.recognise(texts, hint, corrected.get(place))
        column = _column(named, found, place in corrected, alone=bare[headers.unit(named)[0]] == 1)
        columns.append(column)
        values.append(found.values)
        if column.misfits:
            notes.append(Note(MISFITS, {"column": column.name, "n": column.misfits}))
        if found.guessed_order:
            sentence = MONTH_FIRST if found.guessed_order == "mdy" else DAY_FIRST
            notes.append(Note(sentence, {"column": column.name}))
    return TypedTable(title, tuple(columns), len(rows), tuple(notes)), values


def _column(named: str, found: kinds.Found, corrected: bool, *, alone: bool) -> SheetColumn:
    """`alone`: no other column has its name without the unit."""
    name, unit = headers.unit(named) if alone and found.kind in NUMERIC else (named, "")
    filled = sum(value is not None for value in found.values)
    distinct = _distinct(found.values) if found.kind == "text" else ()
    unit = "%" if found.kind == "percent" else unit or (found.unit if alone else "")
    return SheetColumn(name, found.kind, unit, filled, found.misfits, corrected, distinct, named)


def _distinct(values: Sequence[Cell]) -> tuple[str, ...]:
    seen: dict[str, None] = {}
    for value in values:
        if isinstance(value, str):
            seen[value] = None
            if len(seen) > _MOST_VALUES or len(value) > _LONGEST_VALUE:
                return ()
    return tuple(sorted(seen))


def _noted(table: TypedTable, note: Note) -> TypedTable:
    return TypedTable(table.title, table.columns, table.rows, (*table.notes, note))
