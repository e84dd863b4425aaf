"""Reads a question word by word: thresholds, periods, superlatives, the names of the catalogue, and what is left."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from niches import wording
from niches.gazetteer import Gazetteer, Mention
from rag.tables.cells import MONTHS

_UNIT = r"%|percent|процент\w*|thousand|million|billion|k\b|m\b|тыс\w*\.?|млн\.?|млрд\.?|миллион\w*|миллиард\w*"
_NUMBER = rf"(-?\d[\d\s\u00a0.,]*)\s*({_UNIT})?"
_AT_LEAST = r"at least|no less than|>=|≥|не менее|не меньше|как минимум"
_AT_MOST = r"at most|no more than|<=|≤|не более|не больше"
_MORE = r"more than|greater than|larger than|higher than|over|above|exceeds?|exceeding|>|больше|более|свыше|выше"
_LESS = r"less than|fewer than|smaller than|lower than|below|under|<|меньше|менее|ниже"
_THRESHOLD = re.compile(rf"(?P<op>{_AT_LEAST}|{_AT_MOST}|{_MORE}|{_LESS})\s*(?:чем\s+)?{_NUMBER}", re.IGNORECASE)
_SCALE = {"%": 0.01, "p": 0.01, "тыс": 1e3, "th": 1e3, "k": 1e3, "mi": 1e6, "m": 1e6, "млн": 1e6, "миллио": 1e6, "b": 1e9, "млрд": 1e9, "миллиа": 1e9}  # fmt: skip  # noqa: E501
_MONTH_NAMES = "|".join(sorted(MONTHS, key=len, reverse=True))
_PERIOD = re.compile(
    rf"\b(?:(?P<iso>\d{{4}})-(?P<number>\d{{2}})(?:-\d{{2}})?|(?P<name>(?:{_MONTH_NAMES})[a-zа-яё]*)\.?,?\s+(?P<year>\d{{4}}))\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_TOP = re.compile(r"\b(top|bottom|топ|лучши\w*|худши\w*|первы\w*|последни\w*)[\s-]*(\d{1,3})?\b", re.IGNORECASE)
_LARGEST = re.compile(
    r"\b(?:(\d{1,3})\s+)?(?:niches?\s+with\s+the\s+|ниш\w*\s+с\s+)?(?:the\s+|сам\w+\s+)?(largest|biggest|highest|most|"
    r"smallest|lowest|least|fewest|fastest|slowest|best|worst|"
    r"(?:больше|сильнее|быстрее|лучше|меньше|слабее|медленнее|хуже) все(?:го|х)|"
    r"сам(?:ых|ые|ый|ая|ое|ой|ую)|наиболее|наименее|крупнейш\w*|наибольш\w*|высок\w*|больши\w*|крупн\w*|наименьш\w*|низк\w*|маленьк\w*)\b",
    re.IGNORECASE,
)
_DOWN = re.compile(
    r"bottom|худш|последн|smallest|lowest|least|fewest|slowest|worst|наимен|низк|маленьк|меньше|слабее|медленнее|хуже",
    re.IGNORECASE,
)

FUNCTIONS = (
    ("share", re.compile(r"share|доля|долю|доли|percentage")),
    ("median", re.compile(r"median|медиан\w*")),
    ("mean", re.compile(r"mean|average|средн\w*")),
    ("sum", re.compile(r"sum|total|сумма\w*|сумму|суммарн\w*|всего|общ(?:ая|ее|ий|ую|его)|итог\w*")),
)
_BY = re.compile(r"^(?:by|per|each|across|по|каждо\w*)$")
SECTORS = re.compile(r"^(?:sectors?|сектор\w*)$")
REGIONS = re.compile(r"^(?:regions?|metros?|areas?|регион\w*|город\w*|агломерац\w*)$")
GROWTH = re.compile(
    r"^(?:growth|grow|grows|grew|grown|growing|change|changed|increase|increased|рост\w*|вырос\w*|раст(?:ут|ет|ущ\w+)|измени\w*|прирост\w*|динамик\w*)$"
)
PROFITABLE = re.compile(r"^(?:profitable|lucrative|прибыльн\w+|рентабельн\w+|маржинальн\w+|доходн\w+)$")
COMPARE = re.compile(r"^(?:compare|comparison|versus|vs|against|сравни\w*|сравнение|против)$")
COUNT = re.compile(r"^(?:how|many|count|number|сколько|число|количество|скольких)$")
PLAIN = re.compile(
    r"^(?:what|which|who|is|are|was|were|does|do|did|has|have|had|the|a|an|of|in|for|at|on|to|from|with|and|or|between|"
    r"by|per|each|me|my|our|please|show|tell|give|list|find|get|name|value|figure|figures|metric|niche|niches|industry|"
    r"industries|business|businesses|sector|sectors|region|regions|metro|metros|area|areas|city|ranked|rank|than|there|"
    r"that|all|s|how|much|many|number|count|during|as|data|up|"
    r"какой|какая|какое|какие|каков|какова|каково|каковы|каком|какую|у|в|во|на|с|со|по|для|и|или|из|от|до|между|за|к|о|"
    r"об|мне|покажи|покажите|скажи|назови|дай|дайте|выведи|список|значение|показатель|показателя|показателю|ниша|ниши|"
    r"нише|нишу|ниш|нишах|нишам|отрасль|отрасли|бизнес|бизнеса|сектор|сектора|секторе|секторам|секторах|регион|регионе|"
    r"регионам|регионах|региона|город|городе|городам|городах|каждом|каждого|каждому|сколько|число|количество|чем|есть|"
    r"было|была|был|году|года|год|г|месяц|месяце|всех|наша|наш|было|имеют|имеет|где)$"
)


@dataclass
class Reading:
    """What is understood of one question, step by step."""

    text: str
    periods: list[date] = field(default_factory=list)
    years: list[int] = field(default_factory=list)
    comparison: str = ""
    threshold: float | None = None
    scaled: bool = False
    top: bool = False
    n: int = 10
    descending: bool = True
    words: list[str] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def of(self, kind: str) -> list[Mention]:
        return [one for one in self.mentions if one.kind == kind]

    def has(self, pattern: re.Pattern[str]) -> bool:
        return any(pattern.fullmatch(word) for word in self.left)

    def by(self, pattern: re.Pattern[str]) -> bool:
        pairs = zip(self.left, self.left[1:], strict=False)
        return any(_BY.match(first) and pattern.match(second) for first, second in pairs)

    def function(self) -> str:
        return next((name for name, pattern in FUNCTIONS if self.has(pattern)), "")


def read(question: str, gazetteer: Gazetteer) -> Reading:
    reading = Reading(question)
    for step in (_take_threshold, _take_periods, _take_top):
        step(reading, gazetteer)
    reading.words = wording.words(reading.text)
    reading.mentions = gazetteer.mentions(reading.words, asks)
    inside = {at for one in reading.mentions for at in range(one.start, one.end)}
    reading.left = [word for at, word in enumerate(reading.words) if at not in inside]
    return reading


def _take_threshold(reading: Reading, _: Gazetteer) -> None:
    found = _THRESHOLD.search(reading.text)
    if not found:
        return
    said = found["op"].lower()
    pairs = ((_AT_LEAST, ">="), (_AT_MOST, "<="), (_MORE, ">"), (_LESS, "<"))
    reading.comparison = next(sign for pattern, sign in pairs if re.fullmatch(pattern, said))
    reading.threshold = _amount(found[2], (found[3] or "").lower())
    reading.scaled = bool(found[3]) and abs(reading.threshold) >= 1_000
    reading.text = reading.text[: found.start()] + " " + reading.text[found.end() :]


def _amount(digits: str, unit: str) -> float:
    plain = re.sub(r"[\s\u00a0]", "", digits).rstrip(".,")
    plain = plain.replace(",", "") if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", plain) else plain.replace(",", ".")
    scale = next((_SCALE[size] for size in sorted(_SCALE, key=len, reverse=True) if unit.startswith(size)), 1.0)
    if unit.startswith("процент"):
        scale = 0.01
    return float(plain) / 100 if scale == 0.01 else float(plain) * scale


def _take_periods(reading: Reading, _: Gazetteer) -> None:
    for found in _PERIOD.finditer(reading.text):
        year = int(found["iso"] or found["year"])
        month = int(found["number"]) if found["iso"] else MONTHS[found["name"][:3].lower()]
        if 1 <= month <= 12:
            reading.periods.append(date(year, month, 1))
    reading.text = _PERIOD.sub(" ", reading.text)
    reading.years = [int(year) for year in _YEAR.findall(reading.text)]
    reading.text = _YEAR.sub(" ", reading.text)


def _take_top(reading: Reading, gazetteer: Gazetteer) -> None:
    """Superlatives inside a niche's own name ("Most …") are left alone."""
    for pattern, number, word in ((_TOP, 2, 1), (_LARGEST, 1, 2)):
        found = pattern.search(reading.text)
        if found and not _named(found, reading.text, gazetteer):
            reading.top = True
            reading.n = min(100, max(1, int(found[number]))) if found[number] else reading.n
            reading.descending = not _DOWN.match(found[word])
            reading.text = reading.text[: found.start()] + " " + reading.text[found.end() :]


def _named(found: re.Match[str], text: str, gazetteer: Gazetteer) -> bool:
    before = len(wording.words(text[: found.start()]))
    after = before + len(wording.words(found[0]))
    mentions = gazetteer.mentions(wording.words(text))
    return any(one.start < after and one.end > before and one.end - one.start > 1 for one in mentions)


def asks(word: str) -> bool:
    """Whether a word says what is asked, and names nothing."""
    return any(
        pattern.fullmatch(word) for pattern in (GROWTH, PROFITABLE, COMPARE, COUNT, *(one for _, one in FUNCTIONS))
    )
