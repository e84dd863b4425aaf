"""Sentences of a passage in reading order: prose, list items, and table rows read out with their column names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ABBREVIATED = """
mr mrs ms dr prof sr jr st vs etc e.g i.e no nos fig figs eq sec ch vol ed eds al inc ltd co corp dept est approx
jan feb mar apr jun jul aug sep sept oct nov dec u.s u.k a.m p.m ph.d cf pp tel min max incl avg
т.е т.д т.п т.к т.н т.о и.о н.э др пр проч напр руб коп тыс млн млрд трлн шт ул пр-т просп пер стр рис табл гл разд
см ср им тел гг вв обл р-н гор пос корп эт кв св ок прим ред сост изд янв фев мар апр июн июл авг сент окт нояб дек
долл мин макс сек ч.1 п.п
"""
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())
_END = re.compile(r"[.!?…。！？]+[\"'»”’)\]]*(?=\s+\S)|[。！？]")
_LIST_ITEM = re.compile(r"\s*(?:[-*•–▪]|\d{1,3}[.)]|[a-zа-я]\))\s+")
_HEADING = re.compile(r"\s*#{1,6}\s+")
_TABLE_RULE = re.compile(r"\s*\|?[\s:|-]*-{2,}[\s:|-]*")
_MARKUP = re.compile(r"\*\*|__|`")
_STARTS_LOWER = re.compile(r"[\"'«“(]*[a-zа-яё]")


@dataclass(frozen=True, slots=True)
class Sentence:
    """`paragraph` counts the blocks of the passage from 0; two sentences with the same one stand in one paragraph."""

    text: str
    paragraph: int
    heading: bool = False
    row: bool = False


def split(text: str) -> list[Sentence]:
    """The sentences of `text`; lines that a page break or a column cut are joined first."""
    found: list[Sentence] = []
    for number, block in enumerate(_blocks(text.splitlines())):
        if block[0].lstrip().startswith("|"):
            found.extend(Sentence(row, number, row=True) for row in _rows(block))
        elif _HEADING.match(block[0]):
            found.append(Sentence(_HEADING.sub("", block[0]).strip(), number, heading=True))
        else:
            prose = _MARKUP.sub("", _joined(block))
            found.extend(Sentence(sentence, number) for sentence in _sentences(prose))
    return found


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Groups of lines that belong together: a paragraph, a list item, a heading, a table."""
    block: list[str] = []
    for line in lines:
        table = line.lstrip().startswith("|")
        continues = bool(block) and table == block[0].lstrip().startswith("|")
        if not line.strip() or _HEADING.match(line) or _LIST_ITEM.match(line) or not continues:
            if block:
                yield block
            block = []
        if not line.strip():
            continue
        if _HEADING.match(line):
            yield [line]
        else:
            block.append(line)
    if block:
        yield block


def _joined(block: list[str]) -> str:
    text = block[0].strip()
    for line in block[1:]:
        hyphenated = re.search(r"\w[-\u00ad]$", text) and _STARTS_LOWER.match(line.strip())
        text = text[:-1] + line.strip() if hyphenated else f"{text} {line.strip()}"
    return re.sub(r"\s+", " ", text)


def _rows(block: list[str]) -> Iterator[str]:
    """Each row as `Column: value; Column: value`, so that it can be read without the table around it."""
    cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in block]
    ruled = len(block) > 1 and _TABLE_RULE.fullmatch(block[1]) is not None
    header = cells[0] if ruled else []
    for row in cells[2:] if ruled else cells:
        named = [f"{name}: {cell}" if name else cell for name, cell in zip(header, row, strict=False) if cell]
        if read := "; ".join(named + [cell for cell in row[len(header) :] if cell]):
            yield read


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for end in _END.finditer(text):
        if _ends_sentence(text, start, end):
            yield text[start : end.end()].strip()
            start = end.end()
    if rest := text[start:].strip():
        yield rest


def _ends_sentence(text: str, start: int, end: re.Match[str]) -> bool:
    after = text[end.end() :].lstrip()
    if _STARTS_LOWER.match(after) and not end.group().startswith(("!", "?", "…")):
        return False
    if not end.group().startswith(".") or end.group().startswith(".."):
        return not _STARTS_LOWER.match(after)
    before = text[start : end.start()].rsplit(maxsplit=1)
    word = before[-1].lstrip("\"'«“(").casefold() if before else ""
    # One letter and a point is an initial or a unit ("А. С. Пушкин", "2024 г."), a number and a point numbers a list.
    if len(word) == 1 and word.isalpha():
        return word in ("г", "i") and bool(re.search(r"\d\s*г$", text[start : end.start()]))
    return word not in _ABBREVIATIONS and not (word.isdigit() and len(before) == 1)
