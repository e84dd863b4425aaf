"""From a question to its passages, and what a collection costs, at 480 to 100,000 chunks with seeded vectors and texts.

The embedding of the question, both legs, the permission join, the texts and the evidence are all in it; so is the
service around them (the HTTP layer is not). Texts are seeded words with Zipf's frequencies, vectors lie around topics.
To build is to write SQL and both indexes; what the embedding takes is in the measurement of ingestion.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np
import psutil
from numpy.typing import NDArray
from sqlalchemy import text

from bench.house import House, house, table
from bench.processor_time import kind_of
from core.entities.corpora import Chunk, Stage
from core.entities.people import Principal
from core.roles import Role
from data.stores.documents import NewDocument

SIZES = (480, 1_000, 10_000, 100_000)
AIM_P95_MS = {10_000: 40.0, 100_000: 60.0}
_SEED = 11
_QUESTIONS = 200
_CHUNKS_PER_DOCUMENT = 20
_WORDS_PER_CHUNK = 140
_DIMENSION = 384
_TOPICS = 2_000
_PER_WRITE = 2_000  # chunks

Floats = NDArray[np.float32]


class Corpus:
    """Seeded texts and vectors; the same for every run."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(_SEED)
        letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
        lengths = self._random.integers(4, 11, 30_000)
        self._words = np.array(["".join(self._random.choice(letters, length)) for length in lengths])
        frequency = 1 / np.arange(1, len(self._words) + 1)
        self._frequency = frequency / frequency.sum()
        self._topics = self._random.normal(size=(_TOPICS, _DIMENSION)).astype(np.float32)

    def texts(self, count: int) -> list[str]:
        chosen = self._random.choice(self._words, (count, _WORDS_PER_CHUNK), p=self._frequency)
        return [" ".join(words) + "." for words in chosen]

    def vectors(self, count: int) -> Floats:
        around = self._topics[self._random.integers(0, _TOPICS, count)]
        vectors = around + 0.7 * self._random.normal(size=(count, _DIMENSION)).astype(np.float32)
        unit: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def questions(self, count: int) -> list[str]:
        """English in form, so that both legs have a say; with two common and three rarer words each."""
        common = self._random.choice(self._words[:200], (count, 2))
        rare = self._random.choice(self._words[200:5_000], (count, 3))
        return [f"What is the {a} {b} of {c} and {d} in {e}?" for (a, b), (c, d, e) in zip(common, rare, strict=True)]


def run(sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """Per size and reader (`all` of it, or `one` document of it): p50_ms and p95_ms; and what the collection costs:
    seconds to build, MB on disk, MB of memory that this process and that of the vectors have more after it was built
    and searched."""
    corpus = Corpus()
    questions = corpus.questions(_QUESTIONS)
    results: dict[str, Any] = {}
    with house() as built:
        built.services.questions.model()
        for size in sizes:
            disk, memory, started = _disk_mb(built), _memory_mb(), time.perf_counter()
            name = build(built, corpus, size)
            results[str(size)] = {
                "built_s": round(time.perf_counter() - started, 1),
                "all": _measure(built, built.admin, name, questions),
                "one": _measure(built, Principal(Role.SALES), name, questions),
                "disk_mb": round(_disk_mb(built) - disk, 1),
                "memory_mb": round(_memory_mb() - memory, 1),
            }
    return results


def _disk_mb(built: House) -> float:
    """The database and both indexes."""
    with built.services.db.begin() as tx:
        size = int(tx.connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    folders = (built.services.settings.var_dir / name for name in ("chroma", "lexical"))
    return (size + sum(file.stat().st_size for one in folders for file in one.rglob("*") if file.is_file())) / 2**20


def _memory_mb() -> float:
    own = psutil.Process()
    vectors = [one for one in own.children() if kind_of(one.cmdline()) == "vectors"]
    return sum(float(one.memory_info().rss) for one in (own, *vectors)) / 2**20


def _measure(built: House, reader: Principal, name: str, questions: Sequence[str]) -> dict[str, float]:
    for question in questions[:5]:  # the first ones open the indexes
        built.services.search.search(reader, name, question)
    took = []
    for question in questions:
        started = time.perf_counter()
        built.services.search.search(reader, name, question)
        took.append((time.perf_counter() - started) * 1000)
    return {f"p{share}_ms": round(float(np.percentile(took, share)), 1) for share in (50, 95)}


def build(built: House, corpus: Corpus, size: int) -> str:
    """A collection of `size` chunks in documents of 20; sales staff may read one of them."""
    name = f"latency-{size}"
    built.collection(name)
    services = built.services
    collection = services.collections.get(built.admin, name)
    for start in range(0, size, _PER_WRITE):
        count = min(_PER_WRITE, size - start)
        texts, vectors = corpus.texts(count), corpus.vectors(count)
        documents = [texts[i : i + _CHUNKS_PER_DOCUMENT] for i in range(0, count, _CHUNKS_PER_DOCUMENT)]
        ids = _write(built, collection.id, collection.version.id, documents, vectors)
        services.vectors.upsert(collection.version.vector_name, dict(zip(ids, vectors, strict=True)))
    _narrow(built, collection.id)
    services.indexing.catch_up(collection.version)
    return name


def _write(
    built: House, collection_id: UUID, version_id: UUID, documents: Sequence[Sequence[str]], vectors: Floats
) -> list[UUID]:
    ids: list[UUID] = []
    with built.services.db.begin() as tx:
        for texts in documents:
            sha256 = hashlib.sha256(texts[0].encode()).hexdigest()
            document = tx.documents.add(NewDocument(collection_id, f"{sha256[:8]}.txt", "text/plain", sha256, 1))
            assert document is not None
            chunks = [Chunk(i, text, "", None, None, "en", _WORDS_PER_CHUNK) for i, text in enumerate(texts)]
            ids += tx.chunks.put(version_id, document, chunks)
            tx.stages.advance([document], Stage.READY)
        tx.vectors.put(dict(zip(ids, vectors, strict=True)))
    return ids


def _narrow(built: House, collection_id: UUID) -> None:
    """All documents but one for administrators alone."""
    with built.services.db.begin() as tx:
        tx.connection.execute(
            text(
                "UPDATE documents SET readers = ARRAY['admin'] WHERE collection_id = :collection AND id <> "
                "(SELECT min(id::text)::uuid FROM documents WHERE collection_id = :collection)"
            ),
            {"collection": collection_id},
        )
        tx.connection.execute(text("ANALYZE"))


def report(result: dict[str, Any]) -> str:
    """Markdown."""
    rows = [
        [
            f"{int(size):,}",
            *(f"{of[who][key]:.1f}" for who in ("all", "one") for key in ("p50_ms", "p95_ms")),
            f"{of['built_s']} ({1000 * of['built_s'] / int(size):.2f})",
            of["disk_mb"],
            of["memory_mb"],
        ]
        for size, of in result.items()
    ]
    measured = ["p50 ms", "p95 ms", "p50 ms, reader of one document", "p95 ms, same"]
    return table(["chunks", *measured, "built in s (ms a chunk)", "disk MB", "memory MB"], rows)


def main() -> None:
    result = run()
    print(report(result))
    for size, aim in AIM_P95_MS.items():
        found = result[str(size)]["all"]["p95_ms"]
        assert found <= aim, f"p95 at {size} chunks is {found} ms, above {aim}"


if __name__ == "__main__":
    main()
