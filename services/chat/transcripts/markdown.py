"""A conversation as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from core.entities.conversations import Thread
from services.chat.transcripts.blocks import Block, lowered
from services.chat.transcripts.said import Entry, entries, heading, source


def write(thread: Thread, language: str) -> bytes:
    title, line = heading(thread, language)
    parts = [f"# {_one_line(title)}", f"*{_one_line(line)}*"]
    for entry in entries(thread, language):
        parts += _entry(entry, language)
    return ("\n\n".join(parts) + "\n").encode()


def _entry(entry: Entry, language: str) -> Iterator[str]:
    yield f"## {_one_line(entry.author)} · {entry.at}"
    if entry.text:
        yield entry.text if entry.mine else lowered(entry.text)
    if entry.figures:
        yield "\n".join(_table(entry.figures))
        if entry.origin:
            yield f"*{_one_line(entry.origin)}*"
    if entry.note:
        yield f"> {_one_line(entry.note)}"
    for citation in entry.citations:
        quoted = f"\n  > {_one_line(citation.text)}" if citation.text else ""
        yield f"- {_one_line(source(citation, language))}{quoted}"
    if entry.about:
        yield f"*{_one_line(entry.about)}*"


def _table(block: Block) -> Iterator[str]:
    rules = ["---:" if side == "right" else "---" for side in block.align]
    for row in (block.rows[0], rules, *block.rows[1:]):
        yield f"| {' | '.join(_one_line(cell).replace('|', chr(92) + '|') for cell in row)} |"


def _one_line(text: str) -> str:
    return " ".join(text.split())
