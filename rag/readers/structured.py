"""Nested values, as JSON and XML hold them, in the order of reading: headings, tables of records, and named values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.entities.reading import Block
from core.errors import ParseFailed
from rag.readers import tables

TOO_DEEP = (
    "The file nests its values deeper than the limit of %(depth)s. Save it in a simpler form and upload it again."
)
DEEPEST = 100
_LOWEST_HEADING = 6
_WIDEST = 30  # columns of a table that people can read
_WITHIN = " > "


def blocks(value: Any, level: int = 1, depth: int = 0) -> Iterator[Block]:
    """Blocks of a value made of mappings, lists and scalars. Raises ParseFailed where it nests too deeply."""
    if depth > DEEPEST:
        raise ParseFailed(TOO_DEEP, depth=DEEPEST)
    if isinstance(value, Mapping):
        yield from _of_mapping(value, level, depth)
    elif isinstance(value, list):
        yield from _of_list(value, level, depth)
    elif shown(value):
        yield Block(shown(value))


def shown(value: object) -> str:
    """A scalar as people write it; empty for nothing."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.15g}"
        case Mapping() | list():  # nothing within, or it would not be shown as one value
            return ""
        case _:
            return str(value).strip()


def _of_mapping(value: Mapping[str, Any], level: int, depth: int) -> Iterator[Block]:
    lines = [f"{key}: {shown(one)}" for key, one in value.items() if not _holds(one) and shown(one)]
    if lines:
        yield Block("\n".join(lines))
    for key, one in value.items():
        if _holds(one):
            yield Block(str(key), "heading", min(level, _LOWEST_HEADING))
            yield from blocks(one, level + 1, depth + 1)


def _of_list(value: list[Any], level: int, depth: int) -> Iterator[Block]:
    value = [dict(_flat(one, depth)) if isinstance(one, Mapping) else one for one in value]
    if _are_records(value):
        yield from tables.blocks(_table(value))
    elif not any(_holds(one) for one in value):
        yield Block("\n".join(f"- {shown(one)}" for one in value if shown(one)))
    else:
        for one in value:
            yield from blocks(one, level, depth + 1)


def _flat(record: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    """What a record holds at any depth as its own values, `size > height`, so that none is read without the record;
    but for lists of more records."""
    if depth > DEEPEST:
        raise ParseFailed(TOO_DEEP, depth=DEEPEST)
    for key, value in record.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}{_WITHIN}{name}", one) for name, one in _flat(value, depth + 1))
        elif isinstance(value, list) and not any(_holds(one) for one in value):
            yield str(key), ", ".join(filter(None, map(shown, value)))
        else:
            yield str(key), value


def _holds(value: object) -> bool:
    return isinstance(value, Mapping | list) and bool(value)


def _are_records(value: list[Any]) -> bool:
    """Flat mappings that share most of their keys: rows of a table."""
    if not value or not all(isinstance(one, Mapping) and one for one in value):
        return False
    if any(_holds(cell) for one in value for cell in one.values()):
        return False
    columns = {key for one in value for key in one}
    return 1 < len(columns) <= _WIDEST and sum(len(one) for one in value) >= len(columns) * len(value) / 2


def _table(records: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    columns = list(dict.fromkeys(key for one in records for key in one))
    return [[str(key) for key in columns], *([shown(one.get(key)) for key in columns] for one in records)]
