"""Holds the catalogue of niches and what is built of it, in memory, for as long as no import changes it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.entities.niches import Catalogue, Niche
from core.errors import Unavailable
from data.database import Database
from data.transaction import Stores
from niches.finding import Found, Index, Name
from niches.gazetteer import Gazetteer
from niches.likeness import Profiles
from niches.wording import language as language_of
from rag.questions import Questions

_TEXT = 400  # characters of a niche's text that are embedded with its title
_BATCH = 64
Vectors = NDArray[np.float32]
Owners = NDArray[np.int32]


@dataclass
class Known:
    """A catalogue with the indexes over it."""

    catalogue: Catalogue
    stamp: str
    index: Index
    gazetteer: Gazetteer
    profiles: dict[int, Profiles] = field(default_factory=dict)
    sectors: dict[int, int | None] = field(default_factory=dict)


class NicheCatalogue:
    def __init__(self, db: Database, questions: Questions) -> None:
        self._db = db
        self._questions = questions
        self._lock = threading.Lock()
        self._known: Known | None = None

    def current(self, tx: Stores) -> Known:
        """The catalogue as of this transaction; built anew (a second for a thousand niches) after an import only."""
        stamp = tx.niches.revision() + f" {tx.niches.count_vectors()}"
        known = self._known
        if known is not None and known.stamp == stamp:
            return known
        with self._lock:
            if self._known is None or self._known.stamp != stamp:
                self._known = self._build(tx, stamp)
            return self._known

    def find(self, known: Known, query: str, k: int) -> list[Found]:
        """Niches by any wording, best first. Without the embedding model the words alone decide."""
        vector = self._questions.vector(query) if self._questions.speaks(language_of(query)) and query.strip() else None
        return known.index.find(query, k, vector)

    def profiles(self, tx: Stores, known: Known, dataset_id: int) -> Profiles:
        if dataset_id not in known.profiles:
            whole = next(
                one.id for one in known.catalogue.regions.values() if one.whole and one.dataset_id == dataset_id
            )
            known.profiles[dataset_id] = Profiles(tx.niche_figures.headlines(dataset_id, whole))
        return known.profiles[dataset_id]

    def embed(self) -> int:
        """Embeds the titles that have no vector yet; returns how many: none while the model cannot be used."""
        with self._db.begin() as tx:
            texts = [text for niche in tx.niches.catalogue().niches.values() for text in self._texts(niche)]
            wanted = {_hash(text): text for text in texts}
            missing = sorted(wanted.keys() - tx.niches.vectors(self._questions.model_name, list(wanted)).keys())
        try:
            model = self._questions.model() if missing else None
        except Unavailable:
            return 0
        for start in range(0, len(missing), _BATCH):
            part = missing[start : start + _BATCH]
            assert model is not None  # noqa: S101 - there is something missing
            vectors = model.get_text_embedding_batch([wanted[one] for one in part])
            with self._db.begin() as tx:
                made = {one: np.array(vector, dtype=np.float32) for one, vector in zip(part, vectors, strict=True)}
                tx.niches.put_vectors(self._questions.model_name, made)
        with self._db.begin() as tx:
            tx.niches.drop_vectors(self._questions.model_name, wanted)
            self.current(tx)
        return len(missing)

    def title_vectors(self, niches: Sequence[Niche]) -> tuple[Vectors | None, Owners]:
        """(unit vectors (rows, dimension) or None, whose they are: positions in `niches`), as far as embedded."""
        with self._db.begin() as tx:
            return self._vectors(tx, niches)

    def _vectors(self, tx: Stores, niches: Sequence[Niche]) -> tuple[Vectors | None, Owners]:
        hashes = [(at, _hash(text)) for at, niche in enumerate(niches) for text in self._texts(niche)]
        vectors = tx.niches.vectors(self._questions.model_name, [one for _, one in hashes])
        have = [(at, vectors[one]) for at, one in hashes if one in vectors]
        matrix = np.stack([vector for _, vector in have]) if have else None
        return matrix, np.array([at for at, _ in have], dtype=np.int32)

    def _texts(self, niche: Niche) -> list[str]:
        """What is embedded of a niche, in the languages that the model speaks."""
        pairs = [
            (title, text)
            for language, title, text in (("en", niche.title, niche.text), ("ru", niche.title_ru, niche.text_ru))
            if title and language_of(title) == language and self._questions.speaks(language)
        ]
        return [
            whole for title, text in pairs for whole in (title, f"{title}. {text[:_TEXT]}" if text else "") if whole
        ]

    def _build(self, tx: Stores, stamp: str) -> Known:
        catalogue = tx.niches.catalogue()
        niches = list(catalogue.niches.values())
        names = [name_of(catalogue, niche) for niche in niches]
        index = Index(names, *self._vectors(tx, niches))
        return Known(
            catalogue, stamp, index, Gazetteer(catalogue), sectors={niche.key: niche.sector_id for niche in niches}
        )


def name_of(catalogue: Catalogue, niche: Niche) -> Name:
    """What a niche is found by."""
    sector = catalogue.sectors.get(niche.sector_id or 0)
    return Name(
        niche.id,
        tuple(filter(None, (niche.title, niche.title_ru))),
        niche.aliases + niche.aliases_ru,
        f"{sector.title} {sector.title_ru}" if sector else "",
        f"{niche.text} {niche.text_ru}",
    )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def shortlist(known: Known, found: Sequence[Found]) -> list[Niche]:
    return [known.catalogue.niches[one.id] for one in found]
