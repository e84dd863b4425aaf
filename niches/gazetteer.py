"""Finds the names of the catalogue inside a question: metrics, niches, sectors, regions, in any inflection."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from core.entities.niches import Catalogue
from niches import wording

Kind = Literal["niche", "metric", "sector", "region"]
_Entry = Literal["niche", "alias", "metric", "sector", "region"]
_LONGEST = 30  # words of a name
_MANY: tuple[_Entry, ...] = ("niche", "region", "sector", "metric", "alias")
# One word alone ("sales", "заказы") is a metric before it is somebody's name.
_ONE: tuple[_Entry, ...] = ("metric", "region", "sector", "niche", "alias")
_ANNOUNCED: dict[str, _Entry] = {"sector": "sector", "сектор": "sector", "region": "region", "регион": "region"}


@dataclass(frozen=True, slots=True)
class Mention:
    """A name at the words `start` to `end` of a question; `ids` are all that are called so. `exact` is false where
    only the stems agree."""

    kind: Kind
    ids: tuple[str, ...]
    start: int
    end: int
    exact: bool = True


class Gazetteer:
    """Every name of a catalogue, by its words and by their stems."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._plain: dict[tuple[str, ...], dict[_Entry, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._stemmed: dict[tuple[str, ...], dict[_Entry, set[str]]] = defaultdict(lambda: defaultdict(set))
        for niche in catalogue.niches.values():
            self._add("niche", niche.id, (niche.title, niche.title_ru))
            self._add("alias", niche.id, (*niche.aliases, *niche.aliases_ru))
        for sector in catalogue.sectors.values():
            self._add("sector", str(sector.id), (sector.title, sector.title_ru))
        for region in catalogue.regions.values():
            if not region.whole:
                self._add(
                    "region", str(region.id), (region.title, region.title_ru, *region.aliases, _city(region.title))
                )
        for metric in catalogue.metrics.values():
            self._add("metric", str(metric.id), (metric.title, metric.title_ru, metric.name, *metric.aliases))

    def _add(self, kind: _Entry, id_: str, names: Iterable[str]) -> None:
        for name in names:
            if words := wording.words(name):
                self._plain[tuple(words)][kind].add(id_)
                self._stemmed[tuple(map(wording.stem, words))][kind].add(id_)

    def mentions(self, words: list[str], reserved: Callable[[str], bool] = lambda _: False) -> list[Mention]:
        """Names in `words` that do not overlap: the longest first, one of exact words before one of stems.

        A `reserved` word alone is no inflected name: "рост" (growth) is not "Ростов".
        """
        stems = [wording.stem(word) for word in words]
        taken = [False] * len(words)
        found: list[Mention] = []
        for size in range(min(_LONGEST, len(words)), 0, -1):
            for start in range(len(words) - size + 1):
                if any(taken[start : start + size]):
                    continue
                mention = self._at(words, stems, start, size)
                if mention is not None and (mention.exact or size > 1 or not reserved(words[start])):
                    found.append(mention)
                    taken[start : start + size] = [True] * size
        return sorted(found, key=lambda one: one.start)

    def _at(self, words: list[str], stems: list[str], start: int, size: int) -> Mention | None:
        plain = self._plain.get(tuple(words[start : start + size]), {})
        stemmed = self._stemmed.get(tuple(stems[start : start + size]), {})
        announced = _ANNOUNCED.get(stems[start - 1]) if start else None
        order = (*((announced,) if announced else ()), *(_MANY if size > 1 else _ONE))
        for kind in order:
            for known, exact in ((plain, True), (stemmed, False)):
                if ids := known.get(kind):
                    said: Kind = "niche" if kind == "alias" else kind
                    return Mention(said, tuple(sorted(ids)), start, start + size, exact)
        return None


def _city(title: str) -> str:
    """What people call a metropolitan area: its first city."""
    return title.split("-")[0].split(",")[0].strip()
