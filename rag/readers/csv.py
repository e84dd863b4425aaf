"""CSV files, whatever the delimiter, and TSV files."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from core.entities.reading import Parsed
from rag.readers import sheets, text
from rag.readers.limits import Limits

_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 20
_LONGEST_CELL = 10_000_000


def read(path: Path, limits: Limits) -> Parsed:
    content = text.decoded(path, ".csv", limits)
    return _table(content, _delimiter(content))


def read_tsv(path: Path, limits: Limits) -> Parsed:
    return _table(text.decoded(path, ".tsv", limits), "\t")


def _table(content: str, delimiter: str) -> Parsed:
    csv.field_size_limit(_LONGEST_CELL)
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(content, newline=""), delimiter=delimiter)]
    return Parsed(tuple(sheets.blocks(rows)))


def _delimiter(content: str) -> str:
    """The one that gives the most lines the same number of fields; csv.Sniffer guesses letters on narrow tables."""
    sample = [line for line in content.splitlines()[:_SAMPLE_LINES] if line.strip()]

    def agreement(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(sample, delimiter=delimiter)]
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual), usual) if usual > 1 else (0, 0)

    return max(_DELIMITERS, key=agreement)
