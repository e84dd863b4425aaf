"""Golden sets as files: SQuAD, JSON lines and CSV come in, JSON lines and CSV go out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.entities.evaluation import NewGolden
from core.errors import BadInput, ParseFailed, TooLarge
from rag.language import detect
from rag.readers.text import decode
from services import spreadsheets

MOST_BYTES = 32 * 2**20
_COLUMNS = ("question", "document", "passage", "answer", "language")
_LONGEST = {"question": 4_000, "document": 500, "passage": 20_000, "answer": 2_000, "language": 8}
_QUOTED, _FORMULA = "'", tuple("=+-@")
_DELIMITERS = ",;\t"
_BAD_ROW = "Line %(line)s is no row of CSV: a quotation mark is not closed, or a field is too long."
_NOT_READABLE = (
    "This is no golden set. Take a SQuAD file, JSON lines or CSV with the columns question, document, passage, "
    "answer, language."
)


def read(filename: str, raw: bytes) -> list[NewGolden]:
    """The questions of a file, in its order; their origin is the file's name.

    `TooLarge` beyond 32 MB; `BadInput` for what cannot be read, and with its line for a question that cannot be used.
    """
    if len(raw) > MOST_BYTES:
        raise TooLarge(limit="32 MB")
    suffix = filename.rsplit(".", 1)[-1].lower()
    try:
        text = decode(raw, suffix)
    except ParseFailed as error:
        raise BadInput(_NOT_READABLE) from error
    rows = list(_READERS.get(suffix, _any_json)(text))
    if not rows:
        raise BadInput("There is no question in this file.")
    return [_golden(number, row, filename) for number, row in enumerate(rows, start=1)]


def _any_json(text: str) -> Iterator[Mapping[str, Any]]:
    """SQuAD, an array of objects, or an object per line."""
    try:
        whole = json.loads(text)
    except ValueError:
        return _json_lines(text)
    except RecursionError as error:
        raise BadInput(_NOT_READABLE) from error
    if isinstance(whole, dict) and isinstance(whole.get("data"), list):
        return _squad(whole["data"])
    return iter(whole if isinstance(whole, list) else [whole])


def _json_lines(text: str) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError) as error:
                raise BadInput("Line %(line)s is no JSON.", line=number) from error


def _squad(data: list[Any]) -> Iterator[Mapping[str, Any]]:
    """SQuAD 1.1 and 2.0; questions that its passages do not answer are left out."""
    try:
        for article in data:
            for paragraph in article["paragraphs"]:
                for asked in paragraph["qas"]:
                    if not asked.get("is_impossible"):
                        answers = asked.get("answers") or [{"text": ""}]
                        yield {
                            "question": asked["question"],
                            "passage": paragraph["context"],
                            "answer": answers[0]["text"],
                        }
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInput(_NOT_READABLE) from error


def _csv(text: str) -> Iterator[Mapping[str, Any]]:
    rows = csv.reader(io.StringIO(text), delimiter=_delimiter(text), strict=True)
    names = [name.strip().lower() for name in next(rows, [])]
    if "question" not in names:
        raise BadInput(_NOT_READABLE)
    while True:
        line = rows.line_num + 1
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise BadInput(_BAD_ROW, line=line) from error
        if row is None:
            return
        if any(value.strip() for value in row):
            yield dict(zip(names, row, strict=False))


def _delimiter(text: str) -> str:
    """What the heads stand apart by: a column that the product knows has to be among them."""
    heads = text.split("\n", 1)[0].lower()
    counts = {one: sum(name.strip(' "\r') in _COLUMNS for name in heads.split(one)) for one in _DELIMITERS}
    return max(_DELIMITERS, key=lambda one: counts[one])


_READERS: Mapping[str, Callable[[str], Iterator[Mapping[str, Any]]]] = {"csv": _csv, "tsv": _csv}


def _golden(number: int, row: object, origin: str) -> NewGolden:
    if not isinstance(row, Mapping):
        raise BadInput(_NOT_READABLE)
    try:
        return checked(NewGolden(**{name: _text(row.get(name)) for name in _COLUMNS}, origin=origin[:200]))
    except BadInput as error:
        raise BadInput("Question %(number)s: %(reason)s", number=number, reason=error.message) from error


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str | int | float):
        raise BadInput(_NOT_READABLE)
    # JSON may hold half a character, which cannot be stored.
    text = str(value).encode("utf-8", "replace").decode().replace("\0", "").strip()
    return text[1:] if text[:1] == _QUOTED and text[1:2] in _FORMULA else text


def checked(golden: NewGolden) -> NewGolden:
    """`golden` with its language, if none is given. `BadInput` for an empty question or a text that is too long."""
    if not golden.question:
        raise BadInput("Type a question.")
    for name, limit in _LONGEST.items():
        if len(getattr(golden, name)) > limit:
            raise BadInput("%(field)s is longer than %(limit)s characters.", field=name.capitalize(), limit=limit)
    return golden if golden.language else replace(golden, language=detect(golden.question))


def as_jsonl(questions: Sequence[NewGolden]) -> bytes:
    lines = (json.dumps({name: getattr(one, name) for name in _COLUMNS}, ensure_ascii=False) for one in questions)
    return "".join(f"{line}\n" for line in lines).encode()


def as_csv(questions: Sequence[NewGolden]) -> bytes:
    """`read` takes it back as it was."""
    return spreadsheets.as_csv(_COLUMNS, ([getattr(one, name) for name in _COLUMNS] for one in questions))
