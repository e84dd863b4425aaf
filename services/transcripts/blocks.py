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


@dataclass(frozen=True, slots=True)
class Block:
    """`level` is that of a heading, or how deep a list item stands, from 1; `number` is that of a numbered item.
    `rows` are those of a table, header first."""

    kind: Literal["text", "heading", "item", "code", "table"]
    runs: tuple[Run, ...] = ()
    level: int = 0
    number: int | None = None
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


def plain(text: str) -> list[Block]:
    """A person's own words: paragraphs, as they were typed."""
    return [Block("text", (Run(line),)) for line in text.split("\n") if line.strip()]


def parse(markdown: str) -> list[Block]:
    return list(_Reader(_parser().parse(markdown)).blocks())


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


class _Reader:
    """Walks the flat list of tokens, and remembers in which lists it stands."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._lists: list[int | None] = []  # the number of the next item, None for bullets
        self._fresh = False  # whether the item has not said anything yet
        self._rows: list[list[str]] = []

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
                yield Block("code", (Run(token.content.rstrip("\n"), code=True),))
            elif token.type == "table_close":
                rows, self._rows = self._rows, []
                yield Block("table", rows=tuple(tuple(row) for row in rows))
            else:
                self._enter(token)

    def _enter(self, token: Token) -> None:
        if token.type == "tr_open":
            self._rows.append([])
        elif token.type == "bullet_list_open":
            self._lists.append(None)
        elif token.type == "ordered_list_open":
            self._lists.append(int(token.attrGet("start") or 1))
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
        elif token.type == "list_item_open":
            self._fresh = True

    def _said(self, runs: tuple[Run, ...], heading: int) -> Block:
        if heading:
            return Block("heading", runs, heading)
        if not self._lists or not self._fresh:
            return Block("text", runs)
        self._fresh = False
        number = self._lists[-1]
        if number is not None:
            self._lists[-1] = number + 1
        return Block("item", runs, len(self._lists), number)


def _runs(token: Token) -> tuple[Run, ...]:
    bold = italic = 0
    runs: list[Run] = []
    for part in token.children or ():
        bold += (part.type == "strong_open") - (part.type == "strong_close")
        italic += (part.type == "em_open") - (part.type == "em_close")
        text = "\n" if part.type in ("softbreak", "hardbreak") else part.content
        if text:
            runs.append(Run(text, bool(bold), bool(italic), part.type == "code_inline"))
    return tuple(runs)
