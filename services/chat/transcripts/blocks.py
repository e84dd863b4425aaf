"""What an answer's Markdown consists of, for writers of files: paragraphs, headings, lists, code and tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class Run:
    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: str = ""  # the address that the text leads to


Align = Literal["left", "right", "center"]


@dataclass(frozen=True, slots=True)
class Block:
    """`level` is that of a heading, or how deep a list item (or a text below it) stands, from 1; `number` is that of a
    numbered item, and `opens` says that it is the first of its list. `rows` are those of a table, header first, with
    the `align` of each column. `quoted`: it is a quotation, or a part of one."""

    kind: Literal["text", "heading", "item", "code", "table"]
    runs: tuple[Run, ...] = ()
    level: int = 0
    number: int | None = None
    rows: tuple[tuple[str, ...], ...] = ()
    align: tuple[Align, ...] = ()
    quoted: bool = False
    opens: bool = False

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


def plain(text: str) -> list[Block]:
    """A person's own words: paragraphs, as they were typed."""
    return [Block("text", (Run(line),)) for line in text.split("\n") if line.strip()]


def parse(markdown: str) -> list[Block]:
    return list(_Reader(_parser().parse(markdown)).blocks())


def lowered(markdown: str) -> str:
    """The same Markdown with its headings two levels lower, to stand below the headings of a document around it."""
    lines = markdown.split("\n")
    for token in _parser().parse(markdown):
        if token.type == "heading_open" and token.map and token.markup.startswith("#"):
            at, deeper = token.map[0], min(len(token.markup) + 2, 6)
            lines[at] = lines[at].replace(token.markup, "#" * deeper, 1)
    return "\n".join(lines)


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


class _Reader:
    """Walks the flat list of tokens, and remembers in which lists and quotations it stands."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._lists: list[int | None] = []  # the number of the next item, None for bullets
        self._fresh = False  # whether the item has not said anything yet
        self._opens = False  # whether it is the first of its list
        self._quotes = 0
        self._rows: list[list[str]] = []
        self._align: list[Align] = []

    def blocks(self) -> Iterator[Block]:
        heading = 0
        for token in self._tokens:
            if token.type == "heading_open":
                heading = int(token.tag[1:])
            elif token.type == "inline":
                if self._rows:
                    self._rows[-1].append("".join(run.text for run in _runs(token)))
                else:
                    yield self._said(_runs(token), heading)
                    heading = 0
            elif token.type in ("fence", "code_block"):
                code = (Run(token.content.rstrip("\n"), code=True),)
                yield Block("code", code, len(self._lists), quoted=bool(self._quotes))
            elif token.type == "table_close":
                rows, align = tuple(map(tuple, self._rows)), tuple(self._align)
                self._rows, self._align = [], []
                yield Block("table", rows=rows, align=align)
            else:
                self._enter(token)

    def _enter(self, token: Token) -> None:
        if token.type == "tr_open":
            self._rows.append([])
        elif token.type == "th_open":
            self._align.append(_align(token))
        elif token.type in ("blockquote_open", "blockquote_close"):
            self._quotes += token.nesting
        elif token.type == "bullet_list_open":
            self._lists.append(None)
            self._opens = True
        elif token.type == "ordered_list_open":
            start = token.attrGet("start")
            self._lists.append(1 if start is None else int(start))
            self._opens = True
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
        elif token.type == "list_item_open":
            self._fresh = True

    def _said(self, runs: tuple[Run, ...], heading: int) -> Block:
        quoted = bool(self._quotes)
        if heading:
            return Block("heading", runs, heading)
        if not self._lists or not self._fresh:
            return Block("text", runs, len(self._lists), quoted=quoted)
        opens, self._fresh, self._opens = self._opens, False, False
        number = self._lists[-1]
        if number is not None:
            self._lists[-1] = number + 1
        return Block("item", runs, len(self._lists), number, quoted=quoted, opens=opens)


def _align(token: Token) -> Align:
    style = str(token.attrGet("style") or "")
    return "right" if style.endswith("right") else "center" if style.endswith("center") else "left"


def _runs(token: Token) -> tuple[Run, ...]:
    bold = italic = 0
    link = ""
    runs: list[Run] = []
    for part in token.children or ():
        bold += (part.type == "strong_open") - (part.type == "strong_close")
        italic += (part.type == "em_open") - (part.type == "em_close")
        if part.type in ("link_open", "link_close"):
            link = str(part.attrGet("href") or "") if part.type == "link_open" else ""
        text = "\n" if part.type in ("softbreak", "hardbreak") else part.content
        if text:
            runs.append(Run(text, bool(bold), bool(italic), part.type == "code_inline", link))
    return tuple(runs)
