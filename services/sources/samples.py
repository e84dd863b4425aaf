"""A record of a source as a test of the source shows it."""

from __future__ import annotations

from pathlib import PurePosixPath

from core.entities.sources import Broken, Record, Sample
from core.errors import NichewiseError
from services.sources.refresh import UNREADABLE

_TEXTS = (".txt", ".md", ".csv", ".tsv", ".json", ".xml")
_BYTES, _CHARACTERS = 4096, 400


def sample(record: Record | Broken) -> Sample:
    """With the beginning of its text, where it is a text."""
    if isinstance(record, Broken):
        return Sample(record.key, "", "", "", record.reason)
    name = PurePosixPath(record.filename)
    try:
        with record.open() as stream:
            head = stream.read(_BYTES) if name.suffix.lower() in _TEXTS else b""
    except (OSError, NichewiseError):
        return Sample(record.key, name.stem, record.stamp, "", UNREADABLE)
    return Sample(record.key, name.stem, record.stamp, head.decode("utf-8", "replace")[:_CHARACTERS])
