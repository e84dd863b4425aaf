"""The lexical leg: applies changes of chunks, finds passages by BM25, and knows how rare a term is."""

from __future__ import annotations

import math
import shutil
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from core.entities.corpora import ChunkChange
from rag.lexical.analysis import STEMMERS, content_terms, terms
from rag.lexical.folder import Damaged, Folder

__all__ = ["Damaged", "Lexical"]

# Measured on XQuAD, recall@1 / MRR@10: stems alone .934 / .959 (en), .908 / .941 (ru); with the unstemmed field at
# .25 they are .943 / .964 and .915 / .946; at 1 Russian falls to .907 / .938.
_PLAIN_WEIGHT = 0.25
_HEAD_WEIGHT = 0.5
# A question is looked up in the stems of its own language and of the most frequent ones of the index.
_MAX_LANGUAGES = 4
_MAX_TERMS = 64
_MAX_CHARACTERS = 20_000
_OPEN_FOLDERS = 64
_FOLLOWER = "follower"


class Lexical:
    """BM25 indexes below one folder, one per collection version; they are caches of the chunks in SQL.

    A name that was never written to is an empty index. Methods raise `Damaged` when a folder cannot be used; `drop`
    it then and apply its chunks again.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._open: OrderedDict[str, Folder] = OrderedDict()

    def _folder(self, name: str) -> Folder | None:
        with self._lock:
            if name in self._open:
                self._open.move_to_end(name)
                return self._open[name]
        return self._opened(name) if (self._root / name).exists() else None

    def _opened(self, name: str) -> Folder:
        with self._lock:
            folder = self._open.get(name) or Folder(self._root / name)
            self._open[name] = folder
            while len(self._open) > _OPEN_FOLDERS:
                self._open.popitem(last=False)
            return folder

    def apply(self, name: str, changes: Sequence[ChunkChange], seq: int | None = None) -> None:
        """Applies `changes` (the last one of a chunk counts) and moves `applied` to `seq` (default: of the last)."""
        if seq is None:
            seq = changes[-1].seq if changes else self.applied(name)
        self._opened(name).write(changes, seq)

    def applied(self, name: str) -> int:
        """The `seq` that the index has reached, 0 for one that is not there."""
        folder = self._folder(name)
        return folder.state[1] if folder else 0

    def count(self, name: str) -> int:
        folder = self._folder(name)
        return folder.count() if folder else 0

    def languages(self, name: str) -> tuple[str, ...]:
        """Of the chunks, the most frequent one first."""
        folder = self._folder(name)
        return folder.languages if folder else ()

    def ids(self, name: str) -> set[UUID]:
        from tantivy import Query

        folder = self._folder(name)
        if folder is None:
            return set()
        query = Query.boolean_query([(_must(), Query.all_query()), (_must_not(), folder.mark())])
        return {UUID(found) for found, _ in folder.search(query, folder.count())}

    def present(self, name: str, ids: Collection[UUID]) -> set[UUID]:
        """Those of `ids` that are there."""
        from tantivy import Query

        folder = self._folder(name)
        if folder is None or not ids:
            return set()
        wanted = Query.term_set_query(folder.schema, "id", [chunk.hex for chunk in ids])
        return {UUID(found) for found, _ in folder.search(wanted, len(ids))}

    def drop(self, name: str) -> None:
        with self._lock:
            folder = self._open.pop(name, None)
        if folder is not None:
            folder.remove()
        else:
            shutil.rmtree(self._root / name, ignore_errors=True)

    def names(self) -> set[str]:
        """Every index that has a folder."""
        return {path.name for path in self._root.iterdir() if path.is_dir()} if self._root.exists() else set()

    def disk(self, name: str) -> int:
        """Bytes of the index's files."""
        return sum(path.stat().st_size for path in (self._root / name).rglob("*") if path.is_file())

    @property
    def follower(self) -> UUID:
        """What this folder of indexes is called among those that follow the same changes; made once."""
        path = self._root / _FOLLOWER
        with self._lock:
            if not path.exists():
                self._root.mkdir(parents=True, exist_ok=True)
                path.write_text(str(uuid4()))
            return UUID(path.read_text().strip())

    def search(
        self, name: str, query: str, language: str, k: int, among: Collection[UUID] | None = None
    ) -> list[tuple[UUID, float]]:
        """The `k` best chunks and their BM25 scores. `query` is plain text, whatever signs it holds; `among` limits
        the result, not the statistics, to those chunks."""
        folder = self._folder(name)
        if folder is None:
            return []
        clauses = _clauses(folder, query, language)
        if not clauses:
            return []
        return [(UUID(found), score) for found, score in folder.search(_query(folder, clauses, among), k)]

    def words(self, name: str, prefix: str) -> list[tuple[str, int]]:
        """Words of the passages (lower case) that begin with `prefix`, each with the number of passages it is in."""
        folder = self._folder(name)
        return folder.words(prefix) if folder else []

    def holds(self, name: str, word: str) -> bool:
        """Whether any passage has `word`, in this form or in another."""
        folder = self._folder(name)
        if folder is None:
            return False
        fields = [("plain", "")] + [(f"text_{code}", code) for code in folder.languages if code in STEMMERS]
        return any(folder.frequency(field, term) for field, code in fields for term in terms(word, code))

    def rarity(self, name: str, words: Collection[str], language: str) -> dict[str, float]:
        """BM25's inverse document frequency of each of `words`, which are terms of `language`."""
        folder = self._folder(name)
        field = f"text_{language}" if language in STEMMERS else "plain"
        total = folder.count() if folder else 0
        return {word: _idf(total, folder.frequency(field, word) if folder else 0) for word in words}


def _idf(total: int, frequency: int) -> float:
    return math.log(1 + (max(total, frequency) - frequency + 0.5) / (frequency + 0.5))


def _must() -> Any:
    from tantivy import Occur

    return Occur.Must


def _must_not() -> Any:
    from tantivy import Occur

    return Occur.MustNot


def _clauses(folder: Folder, text: str, language: str) -> list[tuple[str, str, float]]:
    """(field, term, weight) of each term of the question; of a very long one the rarest terms."""
    text = text[:_MAX_CHARACTERS]
    found = [("plain", term, _PLAIN_WEIGHT) for term in dict.fromkeys(terms(text, ""))]
    spoken = dict.fromkeys((language, *folder.languages[:_MAX_LANGUAGES]))
    for code in (code for code in spoken if code in STEMMERS and code in folder.languages):
        for term in dict.fromkeys(content_terms(text, code) or terms(text, code)):
            found += [(f"text_{code}", term, 1.0), (f"head_{code}", term, _HEAD_WEIGHT)]
    if len(found) <= _MAX_TERMS * 2:
        return found
    frequency = {(field, term): folder.frequency(field, term) for field, term, _ in found}
    present = [clause for clause in found if frequency[clause[:2]]]
    return sorted(present, key=lambda clause: frequency[clause[:2]])[:_MAX_TERMS]


def _query(folder: Folder, clauses: list[tuple[str, str, float]], among: Collection[UUID] | None) -> Any:
    from tantivy import Occur, Query

    any_of = Query.boolean_query(
        [
            (Occur.Should, Query.boost_query(Query.term_query(folder.schema, field, term, "freq"), weight))
            for field, term, weight in clauses
        ]
    )
    if among is None:
        return any_of
    allowed = Query.term_set_query(folder.schema, "id", [chunk.hex for chunk in among])
    return Query.boolean_query([(Occur.Must, any_of), (Occur.Must, Query.const_score_query(allowed, 0.0))])
