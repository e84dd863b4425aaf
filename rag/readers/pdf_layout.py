"""How the lines of PDF pages become headings and paragraphs: a PDF knows neither, only where each line stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from core.entities.reading import Block
from rag.pdfium import HYPHEN, PageText

_LIGATURES = {ord("ﬀ"): "ff", ord("ﬁ"): "fi", ord("ﬂ"): "fl", ord("ﬃ"): "ffi", ord("ﬄ"): "ffl", ord("ﬅ"): "st"}
_LIGATURES |= {ord("ﬆ"): "st", 0xAD: ""}
_BREAK = re.compile(rf"\r\n|[\r\n]|{HYPHEN}")
_BULLET = re.compile(r"^(?:[•◦▪●○■‣∙·–—*-]\s|\(?\d{1,3}[.)]\s|\(?[a-zа-я][.)]\s)")
_NUMBERING = re.compile(r"^[\dIVX]+(?:\.\d+)*\.?\s+(?=\S)")
_ENDS_SENTENCE = (".", "!", "?", ":", ";", "…", "。")

_HEADING_SIZE = 1.15
"""A heading's type is at least this many times the usual one of the document."""
_HEADING_CHARACTERS = 150
_SAME_SIZE = 0.08
_PARAGRAPH_GAP = 1.35
"""Lines farther apart than this many times the page's usual distance belong to two paragraphs."""
_INDENT = 0.7
"""First-line indentation, in heights of a line."""
_SPREAD = 0.9
"""Width of a character, in heights of a line, that running text stays below (about 0.5)."""

_RIGHT_TO_LEFT = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe"
_RTL_RUN = re.compile(rf"[{_RIGHT_TO_LEFT}]+(?:\s+[{_RIGHT_TO_LEFT}]+)*")


@dataclass(frozen=True, slots=True)
class Line:
    """Lengths are PDF points; `height` is that of the type; `hyphen`: its last word goes on in the next line."""

    text: str
    left: float
    right: float
    bottom: float
    height: float
    hyphen: bool = False

    @property
    def spread(self) -> bool:
        """Wide gaps within it: a row of a table or of a list of contents."""
        return self.right - self.left > _SPREAD * self.height * len(self.text)


def lines(page: PageText, number: int) -> list[Line]:
    """The lines of page `number` in the order of its content, without the page number itself."""
    text, found, start = page.text(), [], 0
    for match in [*_BREAK.finditer(text), None]:
        end = match.start() if match else len(text)
        words = text[start:end]
        if words.strip():
            first = start + len(words) - len(words.lstrip())
            found.append(_line(page, first, words.strip(), match is not None and match[0] == HYPHEN))
        start = match.end() if match else end
    return found[:-1] if len(found) > 1 and found[-1].text == str(number) else found


def _line(page: PageText, first: int, words: str, hyphen: bool) -> Line:
    start = page.box(first) or (0.0, 0.0, 0.0, 0.0)
    end = page.box(first + len(words) - 1) or start
    words = _RTL_RUN.sub(lambda run: _in_reading_order(page, first + run.start(), run[0]), words)
    return Line(words.translate(_LIGATURES), start[0], end[2], start[1], start[3] - start[1], hyphen)


def _in_reading_order(page: PageText, first: int, run: str) -> str:
    """Arabic and Hebrew are read from the right; PDFium turns them round even where the file had them so already."""
    start, end = page.box(first), page.box(first + len(run) - 1)
    drawn_from_left = start is not None and end is not None and start[0] <= end[0]
    return run[::-1] if drawn_from_left else run


def body_height(pages: Sequence[Sequence[Line]]) -> float:
    """The height of the type that most characters of the document have."""
    usual: Counter[float] = Counter()
    for page in pages:
        for line in page:
            usual[round(line.height, 1)] += len(line.text)
    return usual.most_common(1)[0][0] if usual else 0.0


def blocks(page: Sequence[Line], number: int, body: float, outline: Mapping[str, int]) -> Iterator[Block]:
    """Headings and paragraphs of page `number`; `outline` has the page's entries, as `plain`, with their levels."""
    for part in _parts(page, body):
        words = _joined(part)
        level = outline.get(plain(words), 0)
        if level:
            yield Block(words, "heading", level, number)
        elif (level := outline.get(plain(part[0].text), 0)) and len(part) > 1:
            yield Block(part[0].text, "heading", level, number)
            yield Block(_joined(part[1:]), page=number)
        elif _is_heading(part[0], body) and len(words) <= _HEADING_CHARACTERS and not words.endswith((".", ",")):
            yield Block(words, "heading", _level(part[0].height / body), number)
        else:
            yield Block(words, page=number)


def plain(title: str) -> str:
    """A heading without its number, case and spaces, in which outline and page often differ."""
    return "".join(_NUMBERING.sub("", title.strip()).casefold().split())


def _level(ratio: float) -> int:
    return 1 if ratio >= 1.6 else 2 if ratio >= 1.3 else 3


def _is_heading(line: Line, body: float) -> bool:
    return body > 0 and line.height >= _HEADING_SIZE * body and any(character.isalpha() for character in line.text)


def _parts(page: Sequence[Line], body: float) -> Iterator[list[Line]]:
    distances = [a.bottom - b.bottom for a, b in pairwise(page) if a.bottom > b.bottom]
    distance = median(distances) if distances else 0.0
    part: list[Line] = []
    for index, line in enumerate(page):
        if part and _starts_part(part, line, _right_edge(page, index), distance):
            yield part
            part = []
        part.append(line)
    if part:
        yield part


def _right_edge(page: Sequence[Line], index: int) -> float:
    """Where the column ends: the farthest end of the lines around this one that start near the same place."""
    line = page[index]
    around = page[max(0, index - 6) : index + 6]
    return max(other.right for other in around if abs(other.left - line.left) <= 3 * max(line.height, 1.0))


def _starts_part(part: Sequence[Line], line: Line, edge: float, distance: float) -> bool:
    previous = part[-1]
    if abs(line.height - previous.height) > _SAME_SIZE * max(line.height, previous.height):
        return True
    if previous.hyphen:
        return False
    down = previous.bottom - line.bottom
    if _BULLET.match(line.text) or down > _PARAGRAPH_GAP * distance:
        return True
    if line.spread or previous.spread:
        return True
    ended = previous.text.endswith(_ENDS_SENTENCE)
    # Upwards is the top of the next column; an indented line opens a paragraph, unless only its first line hangs out.
    if ended and (down <= 0 or line.left > previous.left + _INDENT * line.height):
        return True
    return down > 0 and _had_room(previous, line, edge)


def _had_room(previous: Line, line: Line, edge: float) -> bool:
    """The first word of this line would have stood in the one before: its author ended that line on purpose."""
    per_character = (line.right - line.left) / len(line.text)
    word = line.text.split(maxsplit=1)[0]
    return previous.right + (len(word) + 2) * per_character < edge


def _joined(part: Sequence[Line]) -> str:
    words = ""
    for line in part:
        words += line.text if line.hyphen else f"{line.text} "
    return " ".join(words.split())
