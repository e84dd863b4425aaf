"""Every sentence that people read exists in Russian, with the same places to fill in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from core import errors
from core.settings import ROOT

ROOMS = ("pages", "components", "core", "services", "scenarios", "rag", "data", "niches", "api", "jobs", "voice")
_PLACE = re.compile(r"%\((\w+)\)[sd]")


def _tree(root: type[errors.NichewiseError]) -> Iterator[type[errors.NichewiseError]]:
    yield root
    for child in root.__subclasses__():
        yield from _tree(child)


def _keywords() -> dict[str, tuple[int, ...] | None]:
    raised = {error.__name__: None for error in _tree(errors.NichewiseError)}
    return {"_": None, "N_": None, "ngettext": (1, 2), **raised}


@pytest.fixture(scope="module")
def extracted() -> Catalog:
    """What the sources say: marked sentences, sentences given to errors, and each error class's own."""
    catalogue = Catalog()
    for room in ROOMS:
        found = extract_from_dir(ROOT / room, [("**.py", "python")], keywords=_keywords())
        for path, line, message, _comments, _context in found:
            if message:
                catalogue.add(message, locations=[(f"{room}/{path}", line)])
    for error in _tree(errors.NichewiseError):
        catalogue.add(error.sentence, locations=[("core/errors.py", 0)])
    return catalogue


@pytest.fixture(scope="module")
def russian() -> Catalog:
    with (ROOT / "locale" / "ru.po").open("rb") as file:
        return read_po(file, locale="ru")


def _sentences(message: Message) -> list[str]:
    texts = message.string if isinstance(message.string, tuple | list) else [message.string]
    return [text or "" for text in texts]


def test_every_sentence_is_translated_into_russian(extracted: Catalog, russian: Catalog) -> None:
    missing = []
    for message in extracted:
        if not message.id:
            continue
        translated = russian.get(message.id if isinstance(message.id, str) else message.id[0])
        if translated is None or translated.fuzzy or not all(_sentences(translated)):
            missing.append(f"{message.locations[0]}: {message.id!r}")
    assert not missing, "\n".join(["not in locale/ru.po:", *missing])


def test_no_translation_is_left_over(extracted: Catalog, russian: Catalog) -> None:
    def first(message: Message) -> str:
        return message.id if isinstance(message.id, str) else str(message.id[0])

    known = {first(message) for message in extracted}
    assert [first(message) for message in russian if message.id and first(message) not in known] == []


def test_a_translation_fills_the_same_places(russian: Catalog) -> None:
    for message in russian:
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        places = {place for text in ids for place in _PLACE.findall(text)}
        for text in _sentences(message):
            assert set(_PLACE.findall(text)) == places, f"{ids[0]!r} -> {text!r}"


def test_russian_has_three_plural_forms(russian: Catalog) -> None:
    assert russian.num_plurals == 3
    for message in russian:
        if message.pluralizable:
            assert len(set(_sentences(message))) >= 2, f"{message.id!r} does not tell its forms apart"


def test_no_sentence_is_pieced_together_before_it_is_translated() -> None:
    """An f-string given to an error or to `_` would never be found in the catalogue."""
    names = set(_keywords())
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _name(node.func) in names and node.args:
                assert not isinstance(node.args[0], ast.JoinedStr), f"{path.relative_to(ROOT)}:{node.lineno}"


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def test_the_rooms_are_all_there() -> None:
    assert all((Path(ROOT) / room).is_dir() for room in ROOMS)
