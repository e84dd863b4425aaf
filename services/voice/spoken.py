"""What of an answer is read aloud: its words, without the signs that only eyes make use of."""

from __future__ import annotations

import re

LONGEST = 4_000  # characters: some four minutes, and what one call to any of the servers takes
_LOOKED_AT = 20_000  # characters, of which at most `LONGEST` are left
# Every repetition has an end: what a model writes must not keep a thread busy.
_FENCE = re.compile(r"^[ \t]*(?:```|~~~).*$", re.MULTILINE)
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,500}>|<!--[^<>]{0,500}-->")
_LINK = re.compile(r"!?\[([^\[\]\n]{1,300})\]\([^()\n]{0,2000}\)")
_CITATION = re.compile(r"\s?\[\d{1,3}(?:\s?[,;–-]\s?\d{1,3}){0,50}\]")
_ADDRESS = re.compile(r"<?\b(?:https?://|www\.)[^\s<>()\[\]]{0,2000}[^\s<>()\[\].,;:!?]>?")
_RULE = re.compile(r"^[ \t|:*_=+-]*$", re.MULTILINE)  # lines under headings, between rows, between parts
_MARK = re.compile(r"^[ \t]{0,20}(?:#{1,6}[ \t]+|>[ \t]?|[-*+•][ \t]+|(\d{1,9})[.)][ \t]+)", re.MULTILINE)
_STRESS = re.compile(r"(?<![\w*~`_])(\*{1,3}|_{1,3}|~~|`{1,2})(?=\S)(.{1,300}?)(?<=\S)\1(?![\w*~`_])")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>$~-])")
_ENDS = ".!?:;…"


def spoken(answer: str) -> tuple[str, bool]:
    """The text, a sentence after the other, and whether its end was left out because it is longer than `LONGEST`."""
    text = _FENCE.sub("", answer[:_LOOKED_AT])
    text = _LINK.sub(r"\1", text)
    text = _ADDRESS.sub("", _TAG.sub(" ", text))
    text = _CITATION.sub("", text)
    text = _RULE.sub("", text)
    text = _MARK.sub(lambda mark: f"{mark[1]}. " if mark[1] else "", text)
    for _ in range(2):  # bold within italics
        text = _STRESS.sub(r"\2", text)
    text = _ESCAPED.sub(r"\1", text)
    lines = [_line(line) for line in text.splitlines()]
    return _cut(" ".join(line for line in lines if line))


def _line(line: str) -> str:
    """A line as a sentence; the cells of a table as a list."""
    cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if "|" in line else [line]
    said = " ".join(", ".join(cell for cell in cells if cell).split())
    said = re.sub(r"\s+([.,;:!?])", r"\1", re.sub(r"\(\s*\)", "", said)).strip()
    if not re.search(r"\w", said):
        return ""
    return said if said[-1] in _ENDS or said[-1] == "," else f"{said}."


def _cut(text: str) -> tuple[str, bool]:
    if len(text) <= LONGEST:
        return text, False
    beginning = text[:LONGEST]
    ends = [found.end() for found in re.finditer(r"[.!?…](?=\s)", beginning)]
    return (beginning[: ends[-1]] if ends else beginning.rsplit(" ", 1)[0]), True
