"""What a file is called that people take home: a title as every file system takes it, in its own script."""

from __future__ import annotations

import re

_LONGEST = 60  # characters: of Cyrillic twice as many bytes, and 255 are the most


def named(title: str, otherwise: str) -> str:
    """The title without signs that divide folders or names, cut after a whole word; `otherwise` where none is left."""
    words = re.sub(r"[^\w-]+", "-", title).strip("-_")
    if len(words) > _LONGEST:
        cut = words.rfind("-", _LONGEST // 2, _LONGEST + 1)
        words = words[: cut if cut > 0 else _LONGEST]
    return words.strip("-_") or otherwise
