"""What one search is made of: the query, the hits of both legs, the ranking they give, and how long each step took."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.entities.corpora import CollectionVersion
from core.entities.retrieval import Passage
from rag.fusion import Hits
from rag.readable import Readable


@dataclass(frozen=True, slots=True)
class Query:
    """A question for the `k` best passages of the one version that `readable` is about."""

    question: str
    k: int
    readable: Readable

    @property
    def version(self) -> CollectionVersion:
        return self.readable.version


@dataclass(frozen=True, slots=True)
class Legs:
    """Permitted hits of one question, best first; `vector` is None where that leg has no say, though it may be that
    the model speaks the language (`spoken`) and could not be used. `timings`: milliseconds by step."""

    language: str
    lexical: Hits
    vector: Hits | None
    spoken: bool = True
    exhaustive: bool = True
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ranking:
    """`copies`: the near-duplicates that were left out, each with the passage that it repeats."""

    passages: tuple[Passage, ...]
    copies: tuple[tuple[Passage, Passage], ...] = ()
    reranked: bool = False


class Steps:
    """Milliseconds of each step of one search."""

    def __init__(self) -> None:
        self.took: dict[str, float] = {}
        self._last = time.perf_counter()

    def done(self, name: str) -> None:
        now = time.perf_counter()
        self.took[name] = self.took.get(name, 0.0) + (now - self._last) * 1000
        self._last = now
