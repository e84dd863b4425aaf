"""What a PDF says about itself besides its text, by pypdf: outline, properties, form fields, attachments."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

UNREADABLE = "The outline and the properties of the PDF are damaged and were skipped; its text was read."
ATTACHMENTS = "The PDF has attached files; they were not read. Upload them by themselves if they matter."


@dataclass(frozen=True, slots=True)
class Entry:
    """An outline entry; `level` and `page` count from 1."""

    title: str
    level: int
    page: int


@dataclass(frozen=True, slots=True)
class Structure:
    metadata: Mapping[str, str] = field(default_factory=dict)
    outline: tuple[Entry, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def structure(path: Path) -> Structure:
    """Never fails: a PDF whose structure is damaged may have its whole text, and then says so in its notes."""
    import pypdf

    # pypdf logs every oddity that it works around; the uploader can do nothing about them.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    try:
        with pypdf.PdfReader(path) as reader:
            return Structure(
                metadata=_properties(reader),
                outline=tuple(_entries(reader, reader.outline, 1)),
                fields=_filled_fields(reader),
                notes=(ATTACHMENTS,) if _has_attachments(reader) else (),
            )
    except Exception:
        logging.getLogger(__name__).info("No structure of a PDF", exc_info=True)
        return Structure(notes=(UNREADABLE,))


def _properties(reader: Any) -> dict[str, str]:
    properties = reader.metadata or {}
    wanted = ("/Title", "/Author", "/Subject", "/Keywords")
    return {key[1:].lower(): str(properties[key]).strip() for key in wanted if properties.get(key)}


def _entries(reader: Any, outline: Any, level: int) -> Iterator[Entry]:
    for item in outline:
        if isinstance(item, list):
            yield from _entries(reader, item, level + 1)
        elif (page := reader.get_destination_page_number(item)) is not None and page >= 0 and item.title:
            yield Entry(str(item.title), min(6, level), page + 1)


def _filled_fields(reader: Any) -> dict[str, str]:
    found = reader.get_fields() or {}
    values = {str(name): field.get("/V") for name, field in found.items()}
    return {name: value.strip() for name, value in values.items() if isinstance(value, str) and _is_filled(value)}


def _is_filled(value: str) -> bool:
    return bool(value.strip()) and value not in ("/Off", "Off")


def _has_attachments(reader: Any) -> bool:
    return next(iter(reader.attachment_list), None) is not None
