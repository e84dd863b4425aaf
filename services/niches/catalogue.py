"""Holds the catalogue of niches and what is built of it, in memory, for as long as no import changes it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.entities.niches import Catalogue, Niche
from core.errors import Unavailable
from data.database import Database
from data.transaction import Stores
from niches import gloss
from niches.finding import Found, Index
from niches.gazetteer import Gazetteer
from niches.gloss import Gloss
from niches.likeness import Profiles
from niches.vocabulary import Name
from niches.wording import language as language_of
from rag.questions import Questions

_TEXT, _PIECES = 400, 2  # characters of a niche's text that are embedded with its title, how often
_BATCH = 64
_MORE = 1.25  # times as many vectors: then what they teach is learned anew
Vectors = NDArray[np.float32]
Owners = NDArray[np.int32]


@dataclass
class Known:
    """A catalogue with the indexes over it; `vectors` of its titles and texts, and whose they are, as in `Index`."""

    catalogue: Catalogue
    stamp: str
    index: Index
    gazetteer: Gazetteer
    vectors: Vectors | None
    owners: Owners
    profiles: dict[int, Profiles] = field(default_factory=dict)
    sectors: dict[int, int | None] = field(default_factory=dict)

    @cached_property
    def gloss(self) -> Gloss | None:
        return taught(self.catalogue, list(self.catalogue.niches.values()), self.vectors, self.owners)

    def with_vectors(self, stamp: str, vectors: Vectors | None, owners: Owners) -> Known:
        """The same catalogue with the vectors that are there by now; a gloss that was learned of most of them stays."""
        index = self.index.with_vectors(vectors, owners)
        known = replace(self, stamp=stamp, index=index, vectors=vectors, owners=owners)
        if self.__dict__.get("gloss") is not None and len(owners) < _MORE * len(self.owners):
            known.__dict__["gloss"] = self.gloss
        return known


class NicheCatalogue:
    def __init__(self, db: Database, questions: Questions) -> None:
        self._db = db
        self._questions = questions
        self._lock = threading.Lock()
        self._known: Known | None = None

    def current(self, tx: Stores) -> Known:
        """The catalogue as of this transaction; built anew (a second for a thousand niches) after an import only. New
        vectors are taken in as they come."""
        stamp = tx.niches.stamp()
        known = self._known
        if known is not None and known.stamp == stamp:
            return known
        with self._lock:
            if self._known is None or self._known.stamp != stamp:
                self._known = self._build(tx, stamp)
            return self._known

    def warm(self) -> None:
        """Builds what the first search and the first dashboard would wait for."""
        with self._db.read() as tx:
            known = self.current(tx)
            for dataset_id in known.catalogue.datasets:
                self.profiles(tx, known, dataset_id)
        for wording in ("coffee shop", "кофейня"):
            self.find(known, wording, 3)

    def find(self, known: Known, query: str, k: int) -> list[Found]:
        """Niches by any wording, best first. Without the embedding model the words alone decide."""
        return known.index.find(query, k, self._vector(known, query) if query.strip() else None)

    def _vector(self, known: Known, query: str) -> Sequence[float] | None:
        """Of a language that the model does not speak, what the niches' own pairs of titles teach."""
        language = language_of(query)
        if self._questions.speaks(language):
            return self._questions.vector(query)
        return known.gloss.vector(query) if language == "ru" and known.gloss else None

    def profiles(self, tx: Stores, known: Known, dataset_id: int) -> Profiles:
        if dataset_id not in known.profiles:
            whole = next(
                one.id for one in known.catalogue.regions.values() if one.whole and one.dataset_id == dataset_id
            )
            known.profiles[dataset_id] = Profiles(tx.niche_figures.headlines(dataset_id, whole))
        return known.profiles[dataset_id]

    def embed(self) -> int:
        """Embeds the titles that have no vector yet; returns how many: none while the model cannot be used."""
        with self._db.read() as tx:
            texts = [text for niche in tx.niches.catalogue().niches.values() for text in self.texts(niche)]
            wanted = {_hash(text): text for text in texts}
            missing = sorted(wanted.keys() - tx.niche_vectors.of(self._questions.model_name, list(wanted)).keys())
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
                tx.niche_vectors.put(self._questions.model_name, made)
        with self._db.begin() as tx:
            tx.niche_vectors.keep_only(self._questions.model_name, wanted)
        with self._lock:
            if self._known is not None:
                self._known.__dict__.pop("gloss", None)  # of all vectors, now that they are there
        self.warm()
        return len(missing)

    def title_vectors(self, niches: Sequence[Niche]) -> tuple[Vectors | None, Owners]:
        """(unit vectors (rows, dimension) or None, whose they are: positions in `niches`), as far as embedded."""
        with self._db.read() as tx:
            return self._vectors(tx, niches)

    def _vectors(self, tx: Stores, niches: Sequence[Niche]) -> tuple[Vectors | None, Owners]:
        hashes = [(at, _hash(text)) for at, niche in enumerate(niches) for text in self.texts(niche)]
        vectors = tx.niche_vectors.of(self._questions.model_name, [one for _, one in hashes])
        have = [(at, vectors[one]) for at, one in hashes if one in vectors]
        matrix = np.stack([vector for _, vector in have]) if have else None
        return matrix, np.array([at for at, _ in have], dtype=np.int32)

    def texts(self, niche: Niche) -> list[str]:
        """What is embedded of a niche, in the languages that the model speaks."""
        pairs = [
            (title, text)
            for language, title, text in (("en", niche.title, niche.text), ("ru", niche.title_ru, niche.text_ru))
            if title and language_of(title) == language and self._questions.speaks(language)
        ]
        return [whole for title, text in pairs for whole in (title, *(f"{title}. {one}" for one in _pieces(text)))]

    def _build(self, tx: Stores, stamp: str) -> Known:
        revision, before = tx.niches.revision(), self._known
        if before is not None and before.catalogue.revision == revision:
            return before.with_vectors(stamp, *self._vectors(tx, list(before.catalogue.niches.values())))
        catalogue = tx.niches.catalogue()
        niches = list(catalogue.niches.values())
        vectors, owners = self._vectors(tx, niches)
        index = Index([name_of(catalogue, niche) for niche in niches], vectors, owners)
        sectors = {niche.key: niche.sector_id for niche in niches}
        return Known(catalogue, stamp, index, Gazetteer(catalogue), vectors, owners, sectors=sectors)


def taught(catalogue: Catalogue, niches: Sequence[Niche], vectors: Vectors | None, owners: Owners) -> Gloss | None:
    """What Russian wordings mean among the English vectors, by the niches that have both languages."""
    if vectors is None:
        return None
    sums = np.zeros((len(niches), vectors.shape[1]), np.float32)
    np.add.at(sums, owners, vectors)
    sizes = np.linalg.norm(sums, axis=1)
    pairs = [at for at in np.flatnonzero(sizes).tolist() if language_of(niches[at].title_ru) == "ru"]
    texts = [
        (one.title_ru, sector.title_ru if (sector := catalogue.sectors.get(one.sector_id or 0)) else "", one.text_ru)
        for one in (niches[at] for at in pairs)
    ]
    return gloss.learned(texts, sums[pairs] / sizes[pairs, None])


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


def _pieces(text: str) -> list[str]:
    """The model reads no more at once than one of them."""
    return [text[at : at + _TEXT] for at in range(0, min(len(text), _PIECES * _TEXT), _TEXT)]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
