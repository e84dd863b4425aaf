"""Puts a choice into a question, in the place of what was not understood, or of the word for a total."""

from __future__ import annotations

import re

from core.entities.niches import Catalogue, Metric, Niche, Region, Sector
from niches import wording
from niches.question import FUNCTIONS
from niches.sentences import title

_WORDS = {
    "en": {"sum": "total", "mean": "mean", "median": "median", "share": "share of"},
    "ru": {"sum": "сумма", "mean": "среднее значение", "median": "медиана", "share": "доля"},
}
# "среднее" alone would go together with the metric: "средняя выручка" is one of its own.
_PATTERNS = dict(FUNCTIONS)
_CHOSEN = {said: name for words in _WORDS.values() for name, said in words.items() if name in ("mean", "median")}


def choice_as_read(choice: str, catalogue: Catalogue, language: str) -> str:
    """A choice of a refusal, which is in English, as a reader of the language would write it."""
    if choice in _CHOSEN:
        return _WORDS[language][choice]
    tables = (catalogue.metrics, catalogue.niches, catalogue.regions, catalogue.sectors)
    named: list[Metric | Niche | Region | Sector] = [one for table in tables for one in table.values()]
    return next((title(one, language) for one in named if one.title == choice), choice)


def with_choice(question: str, wrong: str, choice: str) -> str:
    """`choice` in the place of the words `wrong`, at the end where they do not stand in the question."""
    if choice in _CHOSEN:
        return with_function(question, _CHOSEN[choice])
    at = question.casefold().find(wrong.casefold()) if wrong else -1
    if at >= 0:
        return question[:at] + choice + question[at + len(wrong) :]
    return f"{question.rstrip(' ?.')} {choice}"


def with_function(question: str, wanted: str, *current: str) -> str:
    """The question asking for `wanted` (sum, mean, median, share) where it asked for `current`, a total if nothing."""
    said = _WORDS[wording.language(question)][wanted]
    for function in current or ("share", "sum"):
        for word in re.finditer(r"[^\W\d_]+", question):
            if _PATTERNS[function].fullmatch(word[0].lower()):
                rest = question[word.end() :]
                rest = re.sub(r"^\s+(?:of|значение)\b", "", rest)
                return question[: word.start()] + said + rest
    return f"{said} {question}"
