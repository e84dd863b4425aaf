"""A `Parsed` as plain values and back: how it comes out of a reading process, and how it is kept beside its file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.entities.reading import Block, Finding, FindingKind, Parsed


def values(parsed: Parsed) -> dict[str, Any]:
    """What JSON can hold."""
    return {
        "blocks": [(block.text, block.kind, block.level, block.page) for block in parsed.blocks],
        "title": parsed.title,
        "pages": parsed.pages,
        "tags": parsed.tags,
        "notes": parsed.notes,
        "metadata": dict(parsed.metadata),
        "unread": parsed.unread,
        "findings": [(finding.kind, finding.text, finding.page) for finding in parsed.findings],
    }


def parsed(kept: Mapping[str, Any]) -> Parsed:
    return Parsed(
        blocks=tuple(Block(*block) for block in kept["blocks"]),
        title=kept["title"],
        pages=kept["pages"],
        tags=tuple(kept["tags"]),
        notes=tuple(kept["notes"]),
        metadata=kept["metadata"],
        unread=tuple(kept["unread"]),
        findings=tuple(Finding(FindingKind(kind), text, page) for kind, text, page in kept["findings"]),
    )
