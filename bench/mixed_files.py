"""Files as a company has them: ten formats in turn, from a note of one paragraph to a report of twenty-five."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bench import xquad
from tests import sample_formats, samples

_PARAGRAPHS = (1, 2, 4, 1, 8, 3, 25, 2, 12, 5, 3)  # of a file; eleven sizes meet every format in turn


def written(folder: Path, count: int) -> Iterator[Path]:
    """`count` files, six paragraphs of 130 words on average; each has a line that no other has."""
    paragraphs = xquad.load("en").paragraphs
    made = list(_FORMATS.items())
    for number in range(count):
        suffix, write = made[number % len(made)]
        first, size = number * 7, _PARAGRAPHS[number % len(_PARAGRAPHS)]
        texts = [f"Report {number}.", *(paragraphs[place % len(paragraphs)] for place in range(first, first + size))]
        path = folder / f"report-{number}.{suffix}"
        path.write_bytes(write(texts))
        yield path


def _html(texts: list[str]) -> bytes:
    return f"<html><body>{''.join(f'<p>{text}</p>' for text in texts)}</body></html>".encode()


def _pdf(texts: list[str]) -> bytes:
    plain = [text.encode("cp1251", "replace").decode("cp1251") for text in texts]
    lines = [line for text in plain for line in textwrap.wrap(text, 90)]
    return samples.pdf([lines[start : start + _LINES] for start in range(0, len(lines), _LINES)])


_LINES = 45  # of a page
_FORMATS: Mapping[str, Callable[[list[str]], bytes]] = {
    "txt": lambda texts: "\n\n".join(texts).encode(),
    "md": lambda texts: "\n\n".join([f"# {texts[0]}", *texts[1:]]).encode(),
    "html": _html,
    "pdf": _pdf,
    "docx": lambda texts: samples.docx(texts, rows=()),
    "xlsx": lambda texts: samples.xlsx({"Report": [("Text",), *((text,) for text in texts)]}),
    "pptx": lambda texts: samples.pptx([(texts[0], text) for text in texts[1:]]),
    "csv": lambda texts: "\n".join(["Text", *(json.dumps(text) for text in texts)]).encode(),
    "json": lambda texts: json.dumps({"title": texts[0], "texts": texts[1:]}).encode(),
    "eml": lambda texts: sample_formats.eml(texts[0], "\n\n".join(texts[1:])),
}
