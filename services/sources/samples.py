"""A record of a source as a test of the source shows it."""

from __future__ import annotations

import html
import re
from pathlib import PurePosixPath

from core.entities.sources import Broken, Record, Sample
from core.errors import NichewiseError
from services.sources.refresh import UNREADABLE

_TEXTS = (".txt", ".md", ".csv", ".tsv", ".json", ".xml")
_PAGE = ".html"
_BYTES, _PAGE_BYTES, _CHARACTERS = 4096, 200_000, 400
_NO_WORDS = re.compile(r"<(script|style|head|title|svg)\b.*?(?:</\1\s*>|$)|<!--.*?(?:-->|$)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>?")


def sample(record: Record | Broken) -> Sample:
    """With the beginning of its text, where it is a text or a page."""
    if isinstance(record, Broken):
        return Sample(record.key, "", "", "", record.reason)
    name = PurePosixPath(record.filename)
    try:
        return Sample(record.key, name.stem, record.stamp, _beginning(record, name.suffix.lower()))
    except (OSError, NichewiseError):
        return Sample(record.key, name.stem, record.stamp, "", UNREADABLE)


def _beginning(record: Record, suffix: str) -> str:
    if suffix not in (*_TEXTS, _PAGE):
        return ""
    with record.open() as stream:
        head = stream.read(_PAGE_BYTES if suffix == _PAGE else _BYTES).decode("utf-8", "replace")
    return (_words(head) if suffix == _PAGE else head)[:_CHARACTERS]


def _words(page: str) -> str:
    """Roughly what its visitor reads; the reader of pages does it thoroughly when the document is taken in."""
    return " ".join(html.unescape(_TAG.sub(" ", _NO_WORDS.sub(" ", page))).split())
