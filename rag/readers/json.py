"""JSON files, and files with a JSON value on each line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.entities.reading import Parsed
from core.errors import ParseFailed
from rag.readers import structured, text
from rag.readers.content import WRONG_CONTENT
from rag.readers.limits import Limits


def read(path: Path, limits: Limits) -> Parsed:
    content = text.decoded(path, ".json", limits)
    if not content.strip():
        return Parsed(())
    try:
        value = _value(content)
    except RecursionError as error:
        raise ParseFailed(structured.TOO_DEEP, depth=structured.DEEPEST) from error
    title = value.get("title") if isinstance(value, dict) else ""
    return Parsed(tuple(structured.blocks(value)), title=title if isinstance(title, str) else "")


def _value(content: str) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        if content.lstrip()[0] not in '{["':
            raise ParseFailed(WRONG_CONTENT, suffix=".json") from error
        return [json.loads(line) for line in content.splitlines() if line.strip()]
