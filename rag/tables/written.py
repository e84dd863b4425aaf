"""Typed tables as lines of JSON: how they come out of the process that makes them, and how their columns are kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from core.entities.reading import Block
from core.entities.sheets import Correction, Note, SheetColumn, TypedTable
from rag.tables import Limits, typed

Lines = Iterator[bytes]


def write(source: Path, target: Path, filename: str, corrections: Sequence[Sequence[Any]]) -> int:
    """Makes the tables of the blocks at `source` (a list of [text, kind]); returns how many they are. `corrections` are
    [title, header, kind]."""
    blocks = [Block(text, kind) for text, kind in json.loads(source.read_bytes())]
    chosen = [Correction(*one) for one in corrections]
    count = 0
    with target.open("w", encoding="utf-8") as file:
        for table, rows in typed(blocks, filename, chosen, Limits()):
            count += 1
            file.write(json.dumps(asdict(table)) + "\n")
            file.writelines(json.dumps(row) + "\n" for row in rows)
    return count


def read(path: Path) -> Iterator[tuple[TypedTable, Lines]]:
    """Each table with its rows, a JSON array each; the rows are to be taken before the next table."""
    with path.open("rb") as file:
        while first := file.readline():
            table = table_of(json.loads(first))
            yield table, (line.rstrip(b"\n") for line in islice(file, table.rows))


def table_of(kept: Mapping[str, Any]) -> TypedTable:
    return TypedTable(kept["title"], columns_of(kept["columns"]), kept["rows"], notes_of(kept["notes"]))


def columns_of(kept: Sequence[Mapping[str, Any]]) -> tuple[SheetColumn, ...]:
    return tuple(SheetColumn(**{**one, "values": tuple(one["values"])}) for one in kept)


def notes_of(kept: Sequence[Mapping[str, Any]]) -> tuple[Note, ...]:
    return tuple(Note(one["sentence"], one["values"]) for one in kept)
