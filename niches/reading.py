"""Reads an uploaded file row by row: CSV, XLSX, or Markdown articles in the corpus format."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePath

from core.errors import BadInput, ParseFailed, UnsupportedFormat

FORMATS = (".csv", ".tsv", ".xlsx", ".md", ".markdown")
_SAMPLE = 200
_HEAD = 64 * 1024
_FRONT = re.compile(r"^---[ \t]*\n(?=(?:#[^\n]*\n)*article_id:)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` come with their line number, from 2, and can be taken once; `sample` repeats the first of them."""

    header: tuple[str, ...]
    sample: tuple[Sequence[str], ...]
    rows: Iterator[tuple[int, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Article:
    """One niche as an article: its figures are the tables of the text, each a header and rows."""

    line: int
    code: str
    title: str
    sector: str
    tags: tuple[str, ...]
    text: str
    tables: tuple[tuple[tuple[str, ...], ...], ...]


def suffix(filename: str) -> str:
    """The format that a file's name tells; raises UnsupportedFormat."""
    found = PurePath(filename).suffix.lower()
    if found not in FORMATS:
        raise UnsupportedFormat(formats=", ".join(FORMATS))
    return found


def is_articles(filename: str) -> bool:
    return suffix(filename) in (".md", ".markdown")


@contextmanager
def table(path: Path, filename: str) -> Iterator[Table]:
    """The table in a CSV or XLSX file, open while the block lasts; raises ParseFailed or BadInput."""
    opened = _xlsx(path) if suffix(filename) == ".xlsx" else _csv(path)
    with opened as rows:
        yield _table(rows)


def _table(rows: Iterator[Sequence[str]]) -> Table:
    header = tuple(cell.strip() for cell in next(rows, ()))
    if not any(header):
        raise BadInput("The file has no header row.")
    named = tuple(name or f"column {position}" for position, name in enumerate(header, start=1))
    if len(set(named)) < len(named):
        raise BadInput("Two columns have the same name. Rename one and try again.")
    numbered = ((line, row) for line, row in enumerate(rows, start=2) if any(row))
    first = list(islice(numbered, _SAMPLE))
    return Table(named, tuple(row for _, row in first), _chained(first, numbered))


def _chained(
    first: Iterable[tuple[int, Sequence[str]]], rest: Iterator[tuple[int, Sequence[str]]]
) -> Iterator[tuple[int, Sequence[str]]]:
    yield from first
    yield from rest


@contextmanager
def _csv(path: Path) -> Iterator[Iterator[Sequence[str]]]:
    with path.open("rb") as raw:
        head = raw.read(_HEAD)
    encoding = _encoding(path, head)
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=_delimiter(head.decode(encoding, "replace")), strict=True)
        yield _checked(reader)


def _checked(reader: Iterator[list[str]]) -> Iterator[Sequence[str]]:
    try:
        yield from reader
    except (csv.Error, UnicodeDecodeError) as error:
        raise ParseFailed("The table cannot be read: %(reason)s.", reason=str(error)) from error


def _encoding(path: Path, head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if b"\x00" in head:
        raise ParseFailed("This is not a text table. Save it as CSV and try again.")
    try:
        with path.open(encoding="utf-8-sig") as file:
            while file.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return "cp1251"  # what spreadsheets write where people write Russian
    return "utf-8-sig"


def _delimiter(head: str) -> str:
    line = head.partition("\n")[0]
    return max(",;\t", key=line.count)


@contextmanager
def _xlsx(path: Path) -> Iterator[Iterator[Sequence[str]]]:
    import openpyxl  # with the readers: not at start-up

    from rag.readers import DAMAGED
    from rag.readers.content import require_office
    from rag.readers.limits import Limits

    def rows() -> Iterator[Sequence[str]]:
        try:
            require_office(path, "xl", ".xlsx", Limits())
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            for row in sheet.iter_rows(values_only=True):
                yield [_cell(value) for value in row]
        except ParseFailed:
            raise
        except Exception as error:  # a damaged file raises whatever openpyxl, its XML parser and zipfile raise
            raise ParseFailed(DAMAGED) from error

    with path.open("rb") as file:  # by name, it wants a suffix that stored files do not have
        yield rows()


def _cell(value: object) -> str:
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def articles(path: Path) -> Iterator[Article]:
    """Every article of a Markdown file; raises ParseFailed when there is none."""
    try:
        whole = path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise ParseFailed("The articles cannot be read: %(reason)s.", reason="UTF-8") from error
    starts = [found.start() for found in _FRONT.finditer(whole)]
    if not starts:
        raise ParseFailed("The file has no articles: each begins with --- and article_id.")
    for start, end in zip(starts, [*starts[1:], len(whole)], strict=True):
        yield _article(whole[start:end], whole.count("\n", 0, start) + 1)


def _article(source: str, line: int) -> Article:
    opened = source.removeprefix("---\n")
    front, _, body = re.split(r"^(---[ \t]*|)$\n?", opened, maxsplit=1, flags=re.MULTILINE)  # a line, or none
    fields = dict(_field(entry) for entry in front.splitlines() if ":" in entry and not entry.startswith("#"))
    prose, tables = _parts(body)
    tags = fields.get("tags", [])
    return Article(
        line=line,
        code=str(fields.get("article_id", "")).strip(),
        title=str(fields.get("title", "")).strip(),
        sector=str(fields.get("meta_tags", "")).strip(),
        tags=tuple(str(tag) for tag in tags) if isinstance(tags, list) else (str(tags),),
        text=prose,
        tables=tables,
    )


def _field(entry: str) -> tuple[str, object]:
    name, _, value = entry.partition(":")
    try:
        return name.strip(), json.loads(value)
    except (ValueError, RecursionError):
        return name.strip(), value.strip().strip("\"'")


def _parts(body: str) -> tuple[str, tuple[tuple[tuple[str, ...], ...], ...]]:
    """(the text without its tables, the tables)."""
    blocks = re.split(r"\n{2,}", body.strip())
    prose = [block for block in blocks if not block.startswith("|")]
    tables = (block.splitlines() for block in blocks if block.startswith("|"))
    return "\n\n".join(prose).strip(), tuple(tuple(_cells(row) for row in (rows[0], *rows[2:])) for rows in tables)


def _cells(row: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in row.strip().strip("|").split("|"))
