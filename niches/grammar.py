"""Understands a question in English or Russian without a language model: it becomes a plan, or a reason why not.

Names of the catalogue are found first, then what is asked of them; a word that nothing explains makes the question a
Refusal that names it, so that no figure is ever given for something else than what was asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from core.niche_entities import Catalogue, Dataset, Metric, Niche
from niches import formulas, wording
from niches.gazetteer import Gazetteer, Mention
from niches.plan import Plan, Refusal, closest
from niches.values import MONTHS

Shortlist = Callable[[str], list[Niche]]

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
    r"smallest|lowest|least|fewest|крупнейш\w*|наибольш\w*|высок\w*|больши\w*|крупн\w*|наименьш\w*|низк\w*|маленьк\w*)\b",
    re.IGNORECASE,
)
_DOWN = re.compile(r"bottom|худш|последн|smallest|lowest|least|fewest|наименьш|низк|маленьк", re.IGNORECASE)

_FUNCTIONS = (
    ("share", re.compile(r"share|доля|долю|доли|percentage")),
    ("median", re.compile(r"median|медиан\w*")),
    ("mean", re.compile(r"mean|average|средн\w*")),
    ("sum", re.compile(r"sum|total|сумма\w*|сумму|суммарн\w*|всего|общ(?:ая|ее|ий|ую|его)|итог\w*")),
)
_BY = re.compile(r"^(?:by|per|each|across|по|каждо\w*)$")
_SECTORS = re.compile(r"^(?:sectors?|сектор\w*)$")
_REGIONS = re.compile(r"^(?:regions?|metros?|areas?|регион\w*|город\w*|агломерац\w*)$")
_GROWTH = re.compile(
    r"^(?:growth|grow|grew|grown|change|changed|increase|increased|рост\w*|вырос\w*|измени\w*|прирост\w*|динамик\w*)$"
)
_COMPARE = re.compile(r"^(?:compare|comparison|versus|vs|against|сравни\w*|сравнение|против)$")
_COUNT = re.compile(r"^(?:how|many|count|number|сколько|число|количество|скольких)$")
_PLAIN = re.compile(
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
class _Reading:
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
        return next((name for name, pattern in _FUNCTIONS if self.has(pattern)), "")


def parse(question: str, catalogue: Catalogue, gazetteer: Gazetteer, shortlist: Shortlist) -> Plan | Refusal:
    """The plan of a question; `shortlist` proposes niches for words that name none."""
    reading = _read(question, gazetteer)
    if not reading.mentions:
        return Refusal("question", "This is not a question about figures of niches.", {}, _titles(shortlist(question)))
    return _Planner(reading, catalogue, shortlist).plan()


def _read(question: str, gazetteer: Gazetteer) -> _Reading:
    reading = _Reading(question)
    for step in (_take_threshold, _take_periods, _take_top):
        step(reading, gazetteer)
    reading.words = wording.words(reading.text)
    reading.mentions = gazetteer.mentions(reading.words, _asks)
    inside = {at for one in reading.mentions for at in range(one.start, one.end)}
    reading.left = [word for at, word in enumerate(reading.words) if at not in inside]
    return reading


def _take_threshold(reading: _Reading, _: Gazetteer) -> None:
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


def _take_periods(reading: _Reading, _: Gazetteer) -> None:
    for found in _PERIOD.finditer(reading.text):
        year = int(found["iso"] or found["year"])
        month = int(found["number"]) if found["iso"] else MONTHS[found["name"][:3].lower()]
        if 1 <= month <= 12:
            reading.periods.append(date(year, month, 1))
    reading.text = _PERIOD.sub(" ", reading.text)
    reading.years = [int(year) for year in _YEAR.findall(reading.text)]
    reading.text = _YEAR.sub(" ", reading.text)


def _take_top(reading: _Reading, gazetteer: Gazetteer) -> None:
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


class _Planner:
    """Makes the plan of what was read."""

    def __init__(self, reading: _Reading, catalogue: Catalogue, shortlist: Shortlist) -> None:
        self._reading = reading
        self._catalogue = catalogue
        self._shortlist = shortlist

    def plan(self) -> Plan | Refusal:
        dataset = self._dataset()
        metric = self._metric(dataset)
        if isinstance(metric, Refusal):
            return metric
        by = self._by()
        niches = self._niches(dataset)
        if isinstance(niches, Refusal):
            return niches
        kind = self._kind(metric, niches, by)
        if refusal := self._unexplained(kind, niches) or self._years(dataset):
            return refusal
        return self._made(kind, dataset, metric, niches, by)

    # --- what the names stand for -----------------------------------------------------------------------------------

    def _dataset(self) -> Dataset:
        """The one that has most of what is named; of equals the one with the period, then real before demo data."""
        reading, datasets = self._reading, self._catalogue.datasets

        def fits(dataset: Dataset) -> tuple[int, int, int, int]:
            has = [any(self._dataset_of(one.kind, id_) == dataset.id for id_ in one.ids) for one in reading.mentions]
            named = sum(has[at] for at, one in enumerate(reading.mentions) if one.kind != "metric")
            monthly = bool(reading.periods) and bool(dataset.periods)
            return named, int(monthly), sum(has), int(not dataset.demo)

        return max(datasets.values(), key=lambda one: (*fits(one), one.id))

    def _dataset_of(self, kind: str, id_: str) -> int:
        catalogue = self._catalogue
        if kind == "niche":
            return catalogue.niches[id_].dataset_id
        tables = {"metric": catalogue.metrics, "sector": catalogue.sectors, "region": catalogue.regions}
        return tables[kind][int(id_)].dataset_id  # type: ignore[attr-defined,no-any-return]

    def _ids(self, mention: Mention, dataset: Dataset) -> list[str]:
        return [id_ for id_ in mention.ids if self._dataset_of(mention.kind, id_) == dataset.id]

    def _metric(self, dataset: Dataset) -> Metric | Refusal:
        metrics = self._catalogue.metrics
        of_dataset = [one for one in metrics.values() if one.dataset_id == dataset.id]
        named = self._reading.of("metric")
        if not named:
            wanted = " ".join(word for word in self._reading.left if not _PLAIN.match(word))
            choices = closest(wanted, of_dataset)
            return Refusal("metric", "Say which metric you mean.", {}, choices)
        if len(named) > 1:
            return Refusal("metric", "Ask for one metric at a time.", {}, tuple(self._said(one) for one in named))
        ids = self._ids(named[0], dataset)
        if len(ids) == 1:
            return metrics[int(ids[0])]
        if ids:
            return Refusal("metric", "Say which metric you mean.", {}, tuple(metrics[int(id_)].title for id_ in ids))
        sentence = "There is no metric %(name)s."
        return Refusal("metric", sentence, {"name": self._said(named[0])}, closest(self._said(named[0]), of_dataset))

    def _niches(self, dataset: Dataset) -> list[Niche] | Refusal:
        found: list[Niche] = []
        for mention in self._reading.of("niche"):
            ids = self._ids(mention, dataset)
            if len(ids) != 1:
                choices = [self._catalogue.niches[id_] for id_ in (ids or mention.ids)][:5]
                values = {"name": self._said(mention)}
                return Refusal("niche", "%(name)s can be more than one niche. Say which.", values, _titles(choices))
            if (niche := self._catalogue.niches[ids[0]]) not in found:
                found.append(niche)
        return found

    def _said(self, mention: Mention) -> str:
        return " ".join(self._reading.words[mention.start : mention.end])

    # --- what is asked ----------------------------------------------------------------------------------------------

    def _by(self) -> str:
        if self._reading.by(_SECTORS):
            return "sector"
        return "region" if self._reading.by(_REGIONS) else ""

    def _kind(self, metric: Metric, niches: list[Niche], by: str) -> str:
        reading = self._reading
        growing = reading.has(_GROWTH) or metric.formula.startswith("growth(")
        if len(reading.periods) == 2 and growing:
            return "growth"
        if reading.threshold is not None:
            return "count" if reading.has(_COUNT) else "top"
        if by or (reading.function() and not niches):
            return "group"
        if len(niches) > 1:
            return "compare"
        return "value" if niches else "top" if reading.top else "value"

    def _unexplained(self, kind: str, niches: list[Niche]) -> Refusal | None:
        rest = [word for word in self._reading.left if not _PLAIN.match(word) and not _asks(word)]
        if rest and not niches and kind in ("value", "compare", "growth"):
            near = self._shortlist(" ".join(rest))
            values = {"name": " ".join(rest)}
            return Refusal(
                "niche", "There is no niche %(name)s. Choose one of those that come close.", values, _titles(near)
            )
        if rest:
            return Refusal(
                "question", "This part of the question is not understood: %(words)s.", {"words": " ".join(rest)}
            )
        if kind == "value" and not niches:
            return Refusal("niche", "Say which niches you mean.", {})
        return None

    def _years(self, dataset: Dataset) -> Refusal | None:
        for year in self._reading.years:
            if str(year) != dataset.as_of:
                known = tuple(f"{one:%Y-%m}" for one in dataset.periods[-1:]) or (dataset.as_of,)
                return Refusal("period", "There are no figures for %(period)s.", {"period": str(year)}, known)
        return None

    def _made(self, kind: str, dataset: Dataset, metric: Metric, niches: list[Niche], by: str) -> Plan | Refusal:
        reading = self._reading
        function = reading.function() or "sum"
        if kind in ("growth", "group") and metric.formula.startswith(("share(", "growth(")):
            base = next(iter(formulas.names(metric.formula)))
            function = "share" if metric.formula.startswith("share(") else function
            metric = next(
                one for one in self._catalogue.metrics.values() if (one.dataset_id, one.name) == (dataset.id, base)
            )
        places: dict[str, str] = {}
        for mention in (*reading.of("region"), *reading.of("sector")):
            ids = self._ids(mention, dataset)
            if len(ids) != 1 or mention.kind in places:
                return Refusal(mention.kind, "Name one region and one sector at most.", {})
            places[mention.kind] = self._place(mention.kind, int(ids[0]))
        periods = sorted(reading.periods)
        if len(periods) > (2 if kind == "growth" else 1):
            return Refusal("period", "Say one period, or two for a growth.", {})
        return Plan.model_validate(
            {
                "kind": kind, "dataset": dataset.name, "metric": metric.name, "niches": [one.id for one in niches[:5]],
                "region": places.get("region", ""), "sector": places.get("sector", ""),
                "period": periods[-1] if periods else None, "before": periods[0] if kind == "growth" else None,
                "n": max(reading.n, len(niches)),
                "descending": reading.descending, "function": function, "by": by,
                "comparison": reading.comparison, "threshold": self._scaled(metric),
            }
        )  # fmt: skip

    def _place(self, kind: str, id_: int) -> str:
        return self._catalogue.regions[id_].title if kind == "region" else self._catalogue.sectors[id_].title

    def _scaled(self, metric: Metric) -> float | None:
        """The threshold as figures are stored: "margin over 12" means 12 %, and "revenue over 1 million" means rubles
        even where the figures are thousands of them."""
        said = self._reading.threshold
        if said is None:
            return None
        if metric.format == "percent":
            return said / 100 if abs(said) > 1 else said
        return said / 1_000 if self._reading.scaled and metric.unit.startswith("thousand") else said


def _asks(word: str) -> bool:
    """Whether a word says what is asked, and names nothing."""
    return any(pattern.fullmatch(word) for pattern in (_GROWTH, _COMPARE, _COUNT, *(one for _, one in _FUNCTIONS)))


def _titles(niches: list[Niche]) -> tuple[str, ...]:
    return tuple(one.title for one in niches[:5])
