"""Chunks, vectors and the log of changes."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from core.entities.corpora import Chunk, Collection, Stage
from core.roles import Role
from core.settings import Settings
from data.database import Database
from data.stores.passages import Scope
from rag.vectors import Vectors
from tests.shelves import ADMIN, GUEST, SALES, Shelves


@pytest.fixture
def shelves(db: Database, settings: Settings) -> Iterator[Shelves]:
    vectors = Vectors(settings)
    yield Shelves(db, vectors)
    vectors.close()


@pytest.fixture
def shelf(shelves: Shelves) -> Collection:
    return shelves.collection()


def _chunks(*texts: str) -> list[Chunk]:
    return [Chunk(i, text, "Heading", 1, 1, "en", 3) for i, text in enumerate(texts)]


def test_putting_the_same_chunks_again_changes_and_logs_nothing(shelves: Shelves, shelf: Collection) -> None:
    document = shelves.received(shelf, "a")
    with shelves.db.begin() as tx:
        first = tx.chunks.put(shelf.version.id, document, _chunks("one", "two"))
        latest = tx.changes.latest(shelf.version.id)
    with shelves.db.begin() as tx:
        again = tx.chunks.put(shelf.version.id, document, _chunks("one", "two"))
        assert again == first
        assert tx.changes.latest(shelf.version.id) == latest
        assert tx.chunks.count(shelf.version.id) == 2


def test_putting_other_chunks_replaces_the_old_ones_and_logs_both(shelves: Shelves, shelf: Collection) -> None:
    document = shelves.received(shelf, "a")
    with shelves.db.begin() as tx:
        old = tx.chunks.put(shelf.version.id, document, _chunks("one", "two", "three"))
        seq = tx.changes.latest(shelf.version.id)
    with shelves.db.begin() as tx:
        new = tx.chunks.put(shelf.version.id, document, _chunks("one", "deux"))
        assert [chunk.text for _, chunk in tx.chunks.of_document(shelf.version.id, document)] == ["one", "deux"]
        changes = tx.changes.since(shelf.version.id, seq, 10)
    assert {(change.op, change.chunk_id) for change in changes} == {
        ("delete", old[1]), ("delete", old[2]), ("put", new[1])
    }  # fmt: skip


def test_a_log_read_late_shows_a_chunk_that_is_gone_as_deleted(shelves: Shelves, shelf: Collection) -> None:
    document = shelves.add(shelf, ["one"], title="Title")
    with shelves.db.begin() as tx:
        (put,) = tx.changes.since(shelf.version.id, 0, 10)
        assert (put.op, put.title, put.text) == ("put", "Title", "one")
        tx.chunks.remove_document(document)
        changes = tx.changes.since(shelf.version.id, 0, 10)
    assert [change.op for change in changes] == ["delete", "delete"]


def test_a_removed_document_returns_its_chunks_by_version(shelves: Shelves, shelf: Collection) -> None:
    document = shelves.add(shelf, ["one", "two"])
    with shelves.db.begin() as tx:
        removed = tx.chunks.remove_document(document)
        assert {version: len(ids) for version, ids in removed.items()} == {shelf.version.id: 2}
        assert tx.chunks.count(shelf.version.id) == 0


def test_vectors_come_back_as_they_went_in(shelves: Shelves, shelf: Collection) -> None:
    vector = np.linspace(-1, 1, 384, dtype=np.float32)
    document = shelves.add(shelf, ["one"], vectors=[vector.tolist()])
    with shelves.db.begin() as tx:
        ((_, kept),) = tx.vectors.of_documents(shelf.version.id, [document]).items()
        assert len(tx.soundness.vector_ids(shelf.version.id)) == 1
    assert np.array_equal(kept, vector)


def test_chunks_to_embed_are_those_in_a_spoken_language_without_a_vector(shelves: Shelves, shelf: Collection) -> None:
    english = shelves.add(shelf, ["one"])
    russian = shelves.add(shelf, ["один"], language="ru")
    done = shelves.add(shelf, ["two"], vectors=[[1.0] * 384])
    with shelves.db.begin() as tx:
        found = tx.vectors.missing(shelf.version.id, [english, russian, done], ["en"], 10)
    assert [chunk.text for _, chunk in found] == ["one"]


def test_only_ready_documents_of_ones_role_are_readable(shelves: Shelves, shelf: Collection) -> None:
    version = shelf.version.id
    shelves.add(shelf, ["open"])
    shelves.add(shelf, ["secret"], readers=[Role.ADMIN])
    shelves.add(shelf, ["on its way"], stage=Stage.INDEXED)
    with shelves.db.begin() as tx:
        for principal, expected in ((ADMIN, {"open", "secret"}), (SALES, {"open"}), (GUEST, set())):
            scope = Scope(version, principal)
            ids = tx.passages.all_ids(scope, below=100)
            assert ids is not None
            assert {passage.text for passage in tx.passages.read(scope, ids).values()} == expected
            every = {chunk.chunk_id for chunk in tx.chunks.page(version, None, 10)}
            assert tx.passages.permitted(scope, every) == set(ids)


def test_readable_gives_up_at_the_limit(shelves: Shelves, shelf: Collection) -> None:
    shelves.add(shelf, ["one", "two", "three"])
    with shelves.db.begin() as tx:
        scope = Scope(shelf.version.id, SALES)
        assert tx.passages.all_ids(scope, below=3) is None
        assert len(tx.passages.all_ids(scope, below=4) or ()) == 3


def test_tags_narrow_to_documents_that_have_all_of_them(shelves: Shelves, shelf: Collection) -> None:
    shelves.add(shelf, ["both"], tags=["a", "b"])
    shelves.add(shelf, ["one of them"], tags=["a"])
    with shelves.db.begin() as tx:
        scope = Scope(shelf.version.id, SALES, tags=("a", "b"))
        ids = tx.passages.all_ids(scope, below=10) or []
        assert [passage.text for passage in tx.passages.read(scope, ids).values()] == ["both"]


def test_a_change_that_commits_late_still_comes_after_those_that_were_read(shelves: Shelves, shelf: Collection) -> None:
    """Without the lock the second transaction takes a higher `seq` and commits first: the first is then never seen."""
    documents = [shelves.received(shelf, name) for name in ("slow", "fast")]
    first_wrote, second_done = threading.Event(), threading.Event()

    def write_second() -> None:
        first_wrote.wait(10)
        with shelves.db.begin() as tx:
            tx.chunks.put(shelf.version.id, documents[1], _chunks("fast"))
        second_done.set()

    thread = threading.Thread(target=write_second)
    thread.start()
    with shelves.db.begin() as tx:
        tx.chunks.put(shelf.version.id, documents[0], _chunks("slow"))
        first_wrote.set()
        assert not second_done.wait(0.3)  # it waits for this transaction
    thread.join(10)
    with shelves.db.begin() as tx:
        assert [change.text for change in tx.changes.since(shelf.version.id, 0, 10)] == ["slow", "fast"]


def test_what_was_promised_is_what_is_ready_or_gone(shelves: Shelves, shelf: Collection) -> None:
    version = shelf.version.id
    shelves.add(shelf, ["ready"])
    with shelves.db.begin() as tx:
        ready = tx.changes.latest(version)
    pending = shelves.add(shelf, ["pending"], stage=Stage.EMBEDDED)
    with shelves.db.begin() as tx:
        assert tx.changes.promised(version) == ready
        tx.chunks.remove_document(pending)
        tx.documents.delete(pending)
        assert tx.changes.promised(version) == tx.changes.latest(version) > ready
