"""Every sentence that people read exists in Russian, with the same places to fill in."""

from __future__ import annotations

import ast
import re

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from core.settings import ROOT
from tests.locale import sentences

_PLACE = re.compile(r"%\((\w+)\)[sd]")


@pytest.fixture(scope="module")
def extracted() -> Catalog:
    return sentences.extracted()


@pytest.fixture(scope="module")
def russian() -> Catalog:
    with (ROOT / "locale" / "ru.po").open("rb") as file:
        return read_po(file, locale="ru")


def _id(message: Message) -> str:
    return message.id if isinstance(message.id, str) else str(message.id[0])


def _texts(message: Message) -> list[str]:
    texts = message.string if isinstance(message.string, tuple | list) else [message.string]
    return [text or "" for text in texts]


def test_every_sentence_is_translated_into_russian(extracted: Catalog, russian: Catalog) -> None:
    missing = []
    for message in extracted:
        translated = russian.get(_id(message))
        if message.id and (translated is None or translated.fuzzy or not all(_texts(translated))):
            missing.append(f"{message.locations[0]}: {message.id!r}")
    assert not missing, "\n".join(["not in locale/ru.po:", *missing])


def test_no_translation_is_left_over(extracted: Catalog, russian: Catalog) -> None:
    known = {_id(message) for message in extracted}
    assert [_id(message) for message in russian if message.id and _id(message) not in known] == []


def test_a_translation_fills_the_same_places(russian: Catalog) -> None:
    for message in russian:
        if not message.id:
            continue
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        places = sorted(set(_PLACE.findall(" ".join(ids))))
        for text in _texts(message):
            assert sorted(set(_PLACE.findall(text))) == places, f"{ids[0]!r} -> {text!r}"


def test_a_translation_is_in_cyrillic_or_the_same_in_both_languages(russian: Catalog) -> None:
    same = {"Top p", "Top k", "Seed", "Gemini", "Ollama", "OpenAI", "ElevenLabs"}
    for message in russian:
        words = _PLACE.sub("", _id(message))
        if _id(message) not in same and re.search("[a-z]", words):
            left = (_PLACE.sub("", text) for text in _texts(message))
            assert all(re.search("[а-яё]", text, re.IGNORECASE) or not re.search("[a-z]", text) for text in left), _id(
                message
            )


def test_russian_numbers_take_their_three_forms(russian: Catalog) -> None:
    assert russian.num_plurals == 3
    for message in russian:
        if message.pluralizable:
            assert len(_texts(message)) == 3
            assert len(set(_texts(message))) >= 2, f"{message.id!r} does not tell its forms apart"


def test_no_sentence_is_pieced_together_before_it_is_translated() -> None:
    """An f-string given to an error or to `_` would never be found in the catalogue."""
    for path in sentences.sources():
        for call, place in sentences.calls(path):
            for given in call.args[place]:
                assert not isinstance(given, ast.JoinedStr | ast.BinOp), f"{path.relative_to(ROOT)}:{call.lineno}"
