"""Text from people and documents, shown as the text it is."""

from __future__ import annotations

_SIGNS = frozenset("\\`*_[]<>#:$~|")


def plain(text: str) -> str:
    """`text` without what Markdown would read as a sign."""
    return "".join(f"\\{sign}" if sign in _SIGNS else sign for sign in text)


def short(text: str, length: int) -> str:
    """`text` on one line, cut at a word near `length` characters."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    return line[:length].rsplit(" ", 1)[0].rstrip(",.;:–-") + "…"


def harmless(markdown: str) -> str:
    """Markdown that a model or a document wrote: images would ask other servers, dollars would become formulas."""
    return markdown.replace("![", "!\\[").replace("$", "\\$")
