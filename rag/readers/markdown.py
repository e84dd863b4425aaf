"""Markdown, with or without front matter, and corpus files that hold many articles one after the other.

Front matter between two lines `---` is YAML. An article of a corpus file opens with a line `---` and `key: value` lines
(article_id, title, meta_tags, tags, summary) which an empty line may end as well; a value of these is JSON (a string or
a list) or plain text. What claims to be YAML and is not is read in this way, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from core.entities.reading import Block, Parsed
from rag.readers import structured, tables, text
from rag.readers.limits import Limits

_ARTICLE = re.compile(r"^---[ \t]*\n(?=(?:article_id|title|meta_tags|tags|summary)[ \t]*:)", re.MULTILINE)
_OPENING = re.compile(r"---[ \t]*\n(?=[A-Za-z_][\w-]*[ \t]*:)")
_MOST_VALUES = 1_000
_ENTRY = re.compile(r"^([A-Za-z_][\w-]*)[ \t]*:[ \t]*(.*)$")
_ITEM = re.compile(r"^[ \t]*-[ \t]+(.*)$")
_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*$")
_UNDERLINE = re.compile(r"^(=+|-{2,})[ \t]*$")
_TABLE_RULE = re.compile(r"^[ \t]*\|?[ \t]*:?-+:?[ \t]*(\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_FENCE = re.compile(r"^ {0,3}(```|~~~)")
_CELL_BORDER = re.compile(r"(?<!\\)\|")

Front = dict[str, str | tuple[str, ...]]


def read(path: Path, limits: Limits) -> Parsed:
    found = articles(text.decoded(path, ".md", limits))
    return found[0] if len(found) == 1 else _bound(found)


def articles(content: str) -> list[Parsed]:
    """Every article of a corpus file; a text without front matter is one article without metadata.

    `metadata` has the front matter's other keys as strings (`article_id`, `meta_tags`, `summary`); the summary also
    opens the text, so that it is found by a search.
    """
    content = content.replace("\r\n", "\n")
    starts = [match.start() for match in _ARTICLE.finditer(content)]
    if not starts or content[: starts[0]].strip():
        starts.insert(0, 0)
    return [_article(content[a:b]) for a, b in zip(starts, [*starts[1:], len(content)], strict=True)]


def _bound(found: list[Parsed]) -> Parsed:
    """Many articles as one document: each title becomes the heading above its text."""
    blocks: list[Block] = []
    for article in found:
        lowered = (replace(block, level=min(6, block.level + 1)) if block.level else block for block in article.blocks)
        blocks += [Block(article.title, "heading", 1), *lowered]
    tags = dict.fromkeys(tag for article in found for tag in article.tags)
    return Parsed(tuple(blocks), tags=tuple(tags))


def _article(content: str) -> Parsed:
    front, body = _front_matter(content)
    blocks = list(_blocks(body))
    summary = _plain(front.get("summary", ""))
    if summary:
        blocks.insert(0, Block(summary))
    headings = (block.text for block in blocks if block.level == 1)
    tags = front.get("tags", ())
    return Parsed(
        blocks=tuple(blocks),
        title=_plain(front.get("title", "")) or next(headings, ""),
        tags=tags if isinstance(tags, tuple) else tuple(part.strip() for part in tags.split(",") if part.strip()),
        metadata={key: _plain(value) for key, value in front.items() if key not in ("title", "tags")},
    )


def _plain(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ", ".join(value)


def _front_matter(content: str) -> tuple[Front, str]:
    front: Front = {}
    content = content.lstrip("\n")
    if not _OPENING.match(content):
        return front, content
    lines = content.split("\n")
    if _is_closed(lines) and (read := _yaml(content)) is not None:
        return read
    key = ""
    for number, line in enumerate(lines[1:], start=1):
        if entry := _ENTRY.match(line):
            key = entry[1]
            front[key] = _value(entry[2].strip())
        elif (item := _ITEM.match(line)) and key:
            listed = front[key]
            front[key] = (*(listed if isinstance(listed, tuple) else ()), _plain(_value(item[1].strip())))
        else:
            closing = line.strip() == "---"
            return front, "\n".join(lines[number + closing :])
    return front, ""


def _is_closed(lines: list[str]) -> bool:
    """Whether a second `---` comes before an empty line."""
    end = next((line.strip() for line in lines[1:] if line.strip() in ("", "---")), "")
    return end == "---"


def _yaml(content: str) -> tuple[Front, str] | None:
    """None where the front matter is no YAML, or holds more than anybody writes by hand."""
    import frontmatter
    import yaml

    try:
        values, body = frontmatter.parse(content)
    except yaml.YAMLError:
        return None
    front: Front = {}
    for key, value in values.items():
        items = list(islice(_scalars(value), _MOST_VALUES))
        front[str(key)] = tuple(items) if isinstance(value, list) else ", ".join(items)
    return front, body


def _scalars(value: Any) -> Iterator[str]:
    """Every value within, with the name that it has; lazily, since references can make few lines a world."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield from (f"{key}: {words}" for words in _scalars(one))
    elif isinstance(value, list):
        for one in value:
            yield from _scalars(one)
    elif words := structured.shown(value):
        yield words


def _value(written: str) -> str | tuple[str, ...]:
    try:
        value = json.loads(written)
    except (ValueError, RecursionError):
        value = [part.strip(" \"'") for part in written[1:-1].split(",")] if written.startswith("[") else None
    if isinstance(value, list):
        return tuple(str(item) for item in value if item != "")
    return value if isinstance(value, str) else written.strip("\"'")


def _blocks(body: str) -> Iterator[Block]:
    lines = body.split("\n")
    prose: list[str] = []
    at = 0
    while at < len(lines):
        found, end = _structure(lines, at)
        if found:
            yield from map(Block, text.paragraphs("\n".join(prose)))
            yield from found
            prose = []
        else:
            prose += lines[at:end]
        at = end
    yield from map(Block, text.paragraphs("\n".join(prose)))


def _structure(lines: list[str], at: int) -> tuple[list[Block], int]:
    """The heading or table that starts at this line, if one does, and the line after what starts here."""
    line, following = lines[at], lines[at + 1] if at + 1 < len(lines) else ""
    if _FENCE.match(line):
        return [], _end_of_fence(lines, at)
    if heading := _HEADING.match(line):
        return [Block(heading[2], "heading", len(heading[1]))], at + 1
    if "|" in line and "|" in following and _TABLE_RULE.match(following):
        end = next((n for n in range(at, len(lines)) if "|" not in lines[n]), len(lines))
        return list(tables.blocks([_row(row) for row in (line, *lines[at + 2 : end])])), end
    opens = line.strip() and (at == 0 or not lines[at - 1].strip())
    if opens and (underline := _UNDERLINE.match(following)):
        return [Block(line.strip(), "heading", 1 if underline[1].startswith("=") else 2)], at + 2
    return [], at + 1


def _end_of_fence(lines: list[str], start: int) -> int:
    opening = _FENCE.match(lines[start])
    mark = opening[1] if opening else ""
    closing = (n for n in range(start + 1, len(lines)) if lines[n].lstrip().startswith(mark))
    return next(closing, len(lines) - 1) + 1


def _row(line: str) -> list[str]:
    cells = _CELL_BORDER.split(line.strip().removeprefix("|").removesuffix("|"))
    return [cell.strip().replace("\\|", "|") for cell in cells]
