"""RTF documents: paragraphs and tables of their text; pictures and objects are left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from core.entities.reading import Block, Finding, FindingKind, Parsed
from core.errors import ParseFailed
from rag.readers import hidden, tables
from rag.readers.content import WRONG_CONTENT
from rag.readers.limits import TOO_MUCH_TEXT, Limits

_TITLE = re.compile(r"{\\title ([^{}]*)}")
_UNSEEN = re.compile(r"{[^{}]*?\\v(?![a-z0-9])[^{}]*}|\\v(?![a-z0-9])[^{}]*?\\v0")


def read(path: Path, limits: Limits) -> Parsed:
    if path.stat().st_size > limits.characters * 4:
        raise ParseFailed(TOO_MUCH_TEXT, characters=limits.characters)
    data = path.read_bytes()
    if not data.lstrip().startswith(b"{\\rtf"):
        raise ParseFailed(WRONG_CONTENT, suffix=".rtf")
    source = data.decode("latin-1")  # RTF is ASCII; other letters are written as codes
    source = source.replace(r"{\footnote", "{ ")  # striprtf leaves notes out
    unseen = [_text(f"{_head(source)}{{{found[0]}}}}}") for found in _UNSEEN.finditer(source)]
    title = _TITLE.search(source)
    return Parsed(
        blocks=tuple(_blocks(_text(_UNSEEN.sub("", source)))),
        title=_text(f"{_head(source)}{{{title[1]}}}}}") if title else "",
        findings=hidden.findings(Finding(FindingKind.HIDDEN, words) for words in unseen),
    )


def _head(source: str) -> str:
    """What opens the document and names its code page, so that a part can be read by itself."""
    page = re.search(r"\\ansicpg\d+", source)
    return f"{{\\rtf1\\ansi{page[0] if page else ''} "


def _text(source: str) -> str:
    from striprtf.striprtf import rtf_to_text

    return str(rtf_to_text(source, errors="replace"))  # type: ignore[no-untyped-call]


def _blocks(content: str) -> Iterator[Block]:
    lines = (line.strip() for line in content.splitlines())
    for in_table, group in groupby((line for line in lines if line), key=lambda line: line.endswith("|")):
        if in_table:
            yield from tables.blocks([line.rstrip("|").split("|") for line in group])
        else:
            yield from map(Block, group)
