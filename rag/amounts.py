"""Whether a sentence says how many of something there are: "how many employees?" is not answered by "28 days"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.evidence import spoken_of
from rag.lexical.analysis import content_terms, fold, terms

_HOW_MANY = re.compile(
    r"\b(?:how many|what number of|сколько|скольк(?:им|их)|какое количество)\s+(?P<counted>[^?,;.]+)", re.I
)
_MOST_COUNTED = 3  # words that may say what is counted; a word without a meaning of its own ends them
_BEFORE = 4  # words between a number and what it counts, at most
_CYRILLIC, _ADJECTIVE = re.compile("[а-яё]", re.IGNORECASE), re.compile(r"\w+[ыи]х$", re.IGNORECASE)
_OTHERWISE = re.compile(r"(?:people|persons|times|людей|человек|раз)\b", re.IGNORECASE)
_NO_NOUN = re.compile(r"(?!(?:лет|минут|солдат)$)[а-яё]*(?:[еиёуюая]т|ть|сь|[аяоёуюыэе])$", re.IGNORECASE)  # in Russian
# What amounts are told in: "how many hours" is answered by "half a day".
_MEASURE = re.compile(
    r"(?:time|money|percent|seconds?|minutes?|hours?|days?|weeks?|months?|years?|degrees?|tons?|tonnes?|kilos?|\w*grams?|"
    r"pounds?|ounces?|litres?|liters?|\w*met(?:re|er)s?|miles?|feet|inch(?:es)?|acres?|euros?|dollars?|rubles?|roubles?|"
    r"врем\w+|ден(?:ег|ьги)|процент\w*|секунд\w*|минут\w*|час\w*|д(?:ень|ня|ней|ни)|сут\w+|недел\w+|месяц\w*|год\w*|лет|"
    r"градус\w*|тонн\w*|\w*грамм\w*|литр\w*|\w*метр\w*|мил[ьяие]\w*|руб\w*|доллар\w*|евро)$",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[^\W_]+(?:[-.,/:\u00a0]\d+)*|[:=—–;|(]")
_NUMBER = re.compile(
    r"\d.*|no|none|most|majority|once|twice|both|half|single|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|"
    r"(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundreds?|thousands?|[mb]illions?|dozens?|several|couple|"
    r"одн\w+|один|дв(?:а|е|ух|умя|ум|ое)|тр(?:и|ех|емя|ем|ое)|четыр\w+|четвер\w+|пят[ьи]\w*|шест[ьи]\w*|сем[ьи]|семью|"
    r"восемь\w*|восьми\w*|девят[ьи]\w*|десят[ьи]\w*|\w+надцат[ьи]\w*|сорок\w*|сто|ста|двест\w+|\w+сот|сотн\w+|тысяч\w*|тыс|"
    r"миллион\w*|миллиард\w*|млн|млрд|оба|обе|большинств\w+|дважды|трижды|обоих|половин\w+|несколько|полтор\w+",
    re.IGNORECASE,
)
_EQUALS = re.compile(
    r"[:=—–|(]|is|are|was|were|totals?|equals?|составля\w+|составил\w*|равн\w+|насчитыва\w+|достига\w+", re.IGNORECASE
)


def counted(question: str) -> str:
    """What the question asks the number of, in its own words; "" where it asks for no number of things, or for one
    that is mostly told in other words: "twice", "340 staff"."""
    found = _HOW_MANY.search(question)
    words = found["counted"].split() if found else []
    if not words or _NO_NOUN.match(words[0]) or _OTHERWISE.match(words[0]):
        return ""
    kept: list[str] = []
    for word in words[:_MOST_COUNTED]:
        if not _has_meaning(word):
            break
        kept.append(word)
        if _CYRILLIC.match(word) and not _ADJECTIVE.match(word):
            break
    return " ".join(kept)


def missing(what: str, sentences: Sequence[str], language: str) -> bool:
    """Whether the sentences speak of `what` without the number of it: they have none, or those of something else. Of
    what they do not speak at all, `unspoken` is asked."""
    asked = frozenset(content_terms(what, language))
    spoken = [tokens for one in sentences if _places(tokens := _TOKEN.findall(fold(one)), asked, language)]
    return bool(spoken) and not any(_counts(tokens, asked, language) for tokens in spoken)


def unspoken(what: str, texts: Sequence[str], language: str) -> bool:
    """Whether no text has a word of `what` in any form: their numbers are of other things. Measures are not asked for
    by name: "how many pounds?" is answered in kilograms."""
    asked = frozenset(content_terms(what, language))
    if not asked or any(map(_MEASURE.match, what.split())):
        return False
    return not any(spoken_of(asked, frozenset(terms(text, language))) for text in texts)


def _counts(tokens: Sequence[str], what: frozenset[str], language: str) -> bool:
    """Whether a number stands before one of the terms, or is said to be it: "340 employees", "employees: 340"."""
    numbers = [at for at, token in enumerate(tokens) if _NUMBER.fullmatch(token)]
    for at in _places(tokens, what, language):
        if any(at - _BEFORE <= number < at and _belongs(tokens[number + 1 : at]) for number in numbers):
            return True
        after = [number for number in numbers if at < number <= at + _BEFORE]
        if after and any(_EQUALS.fullmatch(token) for token in tokens[at + 1 : after[0]]):
            return True
    return False


def _belongs(between: Sequence[str]) -> bool:
    """Whether what stands between a number and a noun leaves them together: "28 new (clerks)", "two of the (clerks)",
    and not "30 days of the (invoice)"."""
    return all(map(_has_meaning, between)) or not any(map(_has_meaning, between))


def _has_meaning(word: str) -> bool:
    return all(content_terms(word, language) for language in ("en", "ru"))


def _places(tokens: Sequence[str], what: frozenset[str], language: str) -> list[int]:
    return [at for at, token in enumerate(tokens) if what.intersection(terms(token, language))]
