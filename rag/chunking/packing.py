"""From sentences and tables to passages: which pieces of one section go into a chunk together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from core.entities.reading import Block
from rag.chunking.measure import Ruler
from rag.chunking.sentences import spans

_SMALL = 6  # a page's share of a section below a sixth of the limit joins its neighbour
_PARAGRAPH_BONUS = 0.85  # a chunk this close to its aimed size ends with the paragraph
_END_MARKS = (".", "!", "?", "…", ":", ";", "。", "！", "？")
_RULE = re.compile(r"[\s|:+-]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """What is never cut: a sentence with the space after it, a table, or some rows of one with their header."""

    text: str
    size: int
    page: int | None
    repeatable: bool = True  # may be said again at the start of the next chunk
    unfinished: bool = False  # the next piece goes on with this sentence

    @property
    def ends_paragraph(self) -> bool:
        return self.text.endswith("\n\n")


def size_of(pieces: Sequence[Piece]) -> int:
    return sum(piece.size for piece in pieces)


def text_pieces(block: Block, ruler: Ruler, limit: int, following: Block | None) -> list[Piece]:
    """The sentences of a text block; one that would nearly fill a chunk is cut between words, so that it can share."""
    whole = spans(block.text)
    cut: list[tuple[int, int]] = []
    for (start, end), size in zip(whole, ruler.sizes(whole), strict=True):
        cut.extend(ruler.cut(block.text, start, end, limit // 2) if size * 3 > limit * 2 else [(start, end)])
    sizes = ruler.sizes(cut)
    pieces = [Piece(block.text[a:b], size, block.page) for (a, b), size in zip(cut, sizes, strict=True)]
    unfinished = following is not None and _goes_on(block.text, following.text)
    last = pieces[-1]
    return [
        *pieces[:-1],
        replace(last, text=last.text.rstrip() + (" " if unfinished else "\n\n"), unfinished=unfinished),
    ]


def _goes_on(text: str, following: str) -> bool:
    """Whether a sentence runs from one block into the next, as across a page or a column."""
    return following.lstrip()[:1].islower() and not text.rstrip("\"'»”’)] \n\t").endswith(_END_MARKS)


def table_pieces(block: Block, ruler: Ruler, limit: int) -> list[Piece]:
    """The table in one piece if it fits, else groups of rows, each under the header. A row is cut only if it does not
    fit alone."""
    lines = _lines(block.text)
    sizes = ruler.sizes(lines)
    if sum(sizes) <= limit:
        return [Piece(block.text.strip("\n") + "\n\n", sum(sizes), block.page, repeatable=False)]
    heads = 2 if len(lines) > 1 and _RULE.fullmatch(block.text[slice(*lines[1])]) else 1
    header, header_size = block.text[: lines[heads - 1][1]], sum(sizes[:heads])
    if header_size * 2 > limit:
        heads, header, header_size = 0, "", 0  # a header this long would leave no room for rows
    room = limit - header_size
    rows: list[Piece] = []
    for (start, end), size in zip(lines[heads:], sizes[heads:], strict=True):
        parts = ruler.cut(block.text, start, end, room) if size > room else [(start, end)]
        part_sizes = ruler.sizes(parts)
        rows.extend(Piece(block.text[a:b], n, block.page) for (a, b), n in zip(parts, part_sizes, strict=True))
    return [_under(header, header_size, group, block.page) for group in balanced(rows, room, 0)]


def _lines(text: str) -> list[tuple[int, int]]:
    ends = [match.end() for match in re.finditer(r"\n", text)]
    if not ends or ends[-1] < len(text):
        ends.append(len(text))
    return [(a, b) for a, b in pairwise([0, *ends]) if text[a:b].strip()]


def _under(header: str, header_size: int, rows: Sequence[Piece], page: int | None) -> Piece:
    text = header + "".join(row.text for row in rows)
    return Piece(text.strip("\n") + "\n\n", header_size + size_of(rows), page, repeatable=False)


def packed(pieces: Sequence[Piece], limit: int, overlap: int) -> Iterator[Sequence[Piece]]:
    """The chunks of one section: by pages, small ends joined, each at most `limit` (a piece alone may be larger)."""
    for part in _joined(_by_page(pieces), limit):
        yield from balanced(part, limit, overlap)


def _by_page(pieces: Sequence[Piece]) -> Iterator[list[Piece]]:
    part = [pieces[0]]
    for before, piece in pairwise(pieces):
        if piece.page != before.page and not before.unfinished:
            yield part
            part = []
        part.append(piece)
    yield part


def _joined(parts: Iterator[list[Piece]], limit: int) -> Iterator[list[Piece]]:
    """Pages of a section, the small ones put together: a chunk of ten words finds nothing and says nothing."""
    small = limit // _SMALL
    current = next(parts)
    size = size_of(current)
    for part in parts:
        part_size = size_of(part)
        if size < small or (part_size < small and not size <= limit < size + part_size):
            current.extend(part)
            size += part_size
        else:
            yield current
            current, size = part, part_size
    yield current


def balanced(pieces: Sequence[Piece], limit: int, overlap: int) -> Iterator[Sequence[Piece]]:
    """`pieces` in as few runs of about equal size as the limit allows; a run begins with the last sentences of the one
    before, up to `overlap`. Linear in the number of pieces."""
    left = size_of(pieces)
    if left <= limit:
        yield pieces
        return
    room, at, carried = limit - overlap, 0, list[Piece]()
    while at < len(pieces):
        aim = left / max(1, -(-left // room))
        end = len(pieces) if left <= limit - size_of(carried) else _run_end(pieces, at, room, aim)
        run = pieces[at:end]
        size = size_of(run)
        yield [*carried, *run] if size + size_of(carried) <= limit else run
        carried, left, at = _tail(run, overlap), left - size, end


def _run_end(pieces: Sequence[Piece], at: int, room: int, aim: float) -> int:
    size, end = pieces[at].size, at + 1
    while end < len(pieces):
        more = size + pieces[end].size
        if more > room or more - aim > aim - size:
            break
        if size >= aim * _PARAGRAPH_BONUS and pieces[end - 1].ends_paragraph:
            break
        size, end = more, end + 1
    return end


def _tail(run: Sequence[Piece], overlap: int) -> list[Piece]:
    """The last sentences of `run` that together stay within `overlap`; never all of it."""
    tail: list[Piece] = []
    for piece in reversed(run[1:]):
        if not piece.repeatable or size_of(tail) + piece.size > overlap:
            break
        tail.insert(0, piece)
    return tail
