"""The figures under an answer, as a table of texts with the line that says where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from babel.numbers import format_decimal

from core.i18n import N_, translate
from niches.results import Cell, Column
from niches.snapshots import restored
from services.chat.transcripts.blocks import Align, Block
from services.niches.exports import Sheet, head, origin

NONE = "–"
SHOWN = N_("%(shown)s of %(total)s")


def table(dashboard: Mapping[str, Any] | None, language: str) -> tuple[Block | None, str]:
    """(the table that the screen shows, how much of all it is, its source and date and whether it is made up); None
    and "" where the answer has no figures."""
    answer = restored(dashboard) if dashboard else None
    if answer is None or answer.table is None or not answer.table.rows:
        return None, ""
    found = answer.table
    places = [at for at, column in enumerate(found.columns) if column.key != "id"]  # which the screen does not show
    columns = [found.columns[at] for at in places]
    heads = tuple(head(column, language) for column in columns)
    rows = (tuple(_written(found.columns[at], row[at], language) for at in places) for row in found.rows)
    align: tuple[Align, ...] = tuple("right" if column.kind == "number" else "left" for column in columns)
    said = translate(language, SHOWN, shown=len(found.rows), total=found.total) if len(found.rows) < found.total else ""
    stamp = origin(Sheet(found, answer.stamp, (), language))
    return Block("table", rows=(heads, *rows), align=align), " · ".join(filter(None, (said, stamp)))


def _written(column: Column, cell: Cell, language: str) -> str:
    if cell is None:
        return NONE
    if isinstance(cell, bool):
        return translate(language, "yes" if cell else "no")
    if isinstance(cell, str):
        return cell
    if column.format == "percent":
        return f"{format_decimal(cell * 100, '#,##0.0#', locale=language)}%"
    return str(format_decimal(cell, "#,##0.##", locale=language))
