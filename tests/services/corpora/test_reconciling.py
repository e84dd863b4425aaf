"""Deletion and reconciliation, looked at in all four stores: files, SQL, vectors and words."""

from __future__ import annotations

import os
import time
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from core.entities.corpora import CollectionVersion, Stage
from core.entities.versions import IndexPlan, Reconciliation
from core.errors import Conflict, Forbidden
from niches.sheets.plan import SheetPlan
from services.container import Services
from services.files.blobs import Blobs
from tests.desk import ENGLISH, RUSSIAN, Desk

RULES = "\n\n".join(f"# Rule {n}\n\nRule number {n} says: {ENGLISH} It was added in {1900 + n}." for n in range(6))


@pytest.fixture
def desk(services: Services, model: None) -> Desk:
    return Desk(services)


@pytest.fixture
def blobs(services: Services) -> Path:
    return services.settings.var_dir / "blobs"


def active(desk: Desk) -> CollectionVersion:
    return desk.services.collections.get(desk.sales, "documents").version


def check(desk: Desk) -> Reconciliation:
    found = desk.services.reconciling.collection(active(desk).collection_id)
    assert found
    return found


def findings(found: Reconciliation) -> dict[str, tuple[int, int]]:
    return {one.kind: (one.count, one.mended) for one in found.findings}


def everywhere(desk: Desk, document_id: UUID) -> tuple[int, int, int, int]:
    """Of one document, in every kept version: files, chunks in SQL, vectors, words."""
    chunks = set(desk.chunk_ids(document_id))
    with desk.services.db.begin() as tx:
        versions = tx.collections.all_versions()
    vectors = sum(len(desk.services.vectors.ids(one.vector_name)) for one in versions)
    words = sum(len(desk.services.lexical.ids(one.vector_name)) for one in versions)
    files = sum(path.is_file() for path in (desk.services.settings.var_dir / "blobs").glob("??/*"))
    return files, len(chunks), vectors, words


def sql(desk: Desk, statement: str, **values: object) -> None:
    with desk.services.db.begin() as tx:
        tx.connection.execute(text(statement), values)


# --- deletion -------------------------------------------------------------------------------------------------------


def test_a_deletion_leaves_nothing_in_any_store_of_any_version_and_counts_what_it_removed(desk: Desk) -> None:
    document = desk.index(desk.sales, RULES, "rules.md")
    desk.rebuild()  # the first version is kept
    desk.rebuild(plan=IndexPlan(chunk_tokens=64, switch=False))  # the third one waits
    assert everywhere(desk, document.id) == (2, 18, 18, 18)  # the file and its parse
    removed = desk.services.documents.delete(desk.sales, document.id)
    assert (removed.files, removed.chunks, removed.vectors, removed.lexical) == (2, 18, 18, 18)
    assert everywhere(desk, document.id) == (0, 0, 0, 0)
    assert desk.services.search.search(desk.sales, "documents", "Rule number 3 says").passages == ()
    desk.switch(3)
    assert desk.services.search.search(desk.sales, "documents", "Rule number 3 says").passages == ()
    assert check(desk).findings == ()


def test_a_file_that_another_document_has_too_stays(desk: Desk) -> None:
    shared = desk.index(desk.sales, RULES, "rules.md")
    mine = desk.index(desk.sales, RULES, "rules.md", "my-documents")
    assert desk.services.documents.delete(desk.sales, shared.id).files == 0
    assert desk.services.documents.get(desk.sales, mine.id).stage is Stage.READY
    assert Blobs(desk.services.settings.blobs_url).exists(mine.sha256)


# --- what the reconciler mends --------------------------------------------------------------------------------------


def test_a_sound_collection_has_no_findings_and_is_counted(desk: Desk) -> None:
    desk.index(desk.sales, RULES, "rules.md")
    desk.index(desk.sales, RUSSIAN)
    found = check(desk)
    assert (found.findings, found.sound) == ((), True)
    assert dict(found.compared) == {"documents": 2, "chunks": 7, "vectors": 6}
    assert desk.services.reconciling.latest(desk.analyst, "documents") == [found]


def test_vectors_are_compared_both_ways(desk: Desk) -> None:
    document = desk.index(desk.sales, RULES, "rules.md")
    name = active(desk).vector_name
    lost = desk.chunk_ids(document.id)[:2]
    desk.services.vectors.delete(name, lost)
    desk.services.vectors.upsert(name, {uuid4(): [0.5] * 384})
    assert findings(check(desk)) == {"no_vector": (2, 2), "lone_vectors": (1, 1)}
    assert desk.services.vectors.ids(name) == set(desk.chunk_ids(document.id))
    assert check(desk).findings == ()


def test_chunks_without_a_vector_in_sql_are_embedded(desk: Desk) -> None:
    document = desk.index(desk.sales, RULES, "rules.md")
    with desk.services.db.begin() as tx:
        before = tx.vectors.of_chunks(desk.chunk_ids(document.id))
    sql(desk, "DELETE FROM chunk_vectors")
    assert findings(check(desk)) == {"unembedded": (6, 6)}
    with desk.services.db.begin() as tx:
        after = tx.vectors.of_chunks(desk.chunk_ids(document.id))
    assert all(abs(after[key] - before[key]).max() < 1e-3 for key in before)
    assert check(desk).findings == ()


def test_words_are_compared_both_ways_and_a_broken_index_is_built_again(desk: Desk) -> None:
    document = desk.index(desk.sales, RULES, "rules.md")
    version = active(desk)
    with desk.services.db.begin() as tx:
        page = tx.chunks.page(version.id, None, 10)
    desk.services.lexical.drop(version.vector_name)  # as after a folder was copied from elsewhere
    desk.services.lexical.apply(version.vector_name, page[2:], seq=_latest(desk, version))
    assert findings(check(desk)) == {"no_words": (2, 2)}
    for path in (desk.services.settings.var_dir / "lexical" / version.vector_name).iterdir():
        path.write_bytes(b"broken")
    desk.services.lexical._open.clear()
    assert check(desk).sound
    assert desk.services.lexical.ids(version.vector_name) == set(desk.chunk_ids(document.id))


def _latest(desk: Desk, version: CollectionVersion) -> int:
    with desk.services.db.begin() as tx:
        return tx.changes.latest(version.id)


def test_tables_are_compared_with_their_documents_both_ways(desk: Desk) -> None:
    lost = desk.index(desk.sales, "Region,Units\nNorth,3\nSouth,4\n", "lost.csv")
    short = desk.index(desk.sales, "Region,Units\nNorth,5\nSouth,6\n", "short.csv")
    old = desk.index(desk.sales, "Region,Units\nNorth,7\nSouth,8\n", "old.csv")
    desk.index(desk.sales, RULES, "rules.md")
    assert check(desk).findings == ()
    sql(desk, "DELETE FROM spreadsheets WHERE document_id = :id", id=lost.id)
    sql(
        desk,
        "DELETE FROM sheet_rows WHERE n = 2 AND sheet_id IN (SELECT id FROM sheets WHERE document_id = :id)",
        id=short.id,
    )
    sql(desk, "UPDATE spreadsheets SET layout = 1 WHERE document_id = :id", id=old.id)
    found = check(desk)
    assert findings(found) == {"no_tables": (3, 3)}
    assert found.compared["tables"] == 3
    for document, total in ((lost, 7), (short, 11), (old, 15)):
        plan = SheetPlan(kind="figure", column="Units", function="sum")
        assert desk.services.sheets.run(desk.sales, document.id, plan)[1].rows[0][1] == total
    assert check(desk).findings == ()


def test_tables_of_a_replaced_document_and_of_none_go(desk: Desk) -> None:
    old = desk.index(desk.sales, "Region,Units\nNorth,3\nSouth,4\n", "sales.csv")
    desk.index(desk.sales, "Region,Units\nNorth,5\nSouth,6\n", "sales.csv")
    sql(desk, "INSERT INTO spreadsheets (document_id, layout, problem) VALUES (:id, 2, '')", id=old.id)
    assert findings(check(desk)) == {"lone_tables": (1, 1)}
    assert check(desk).findings == ()
    sql(desk, "SET LOCAL session_replication_role = replica; DELETE FROM documents")  # as no delete can do it
    house = desk.services.reconciling.house()
    assert findings(house)["lone_tables"] == (1, 1)
    with desk.services.db.begin() as tx:
        assert tx.connection.execute(text("SELECT count(*) FROM sheet_rows")).scalar_one() == 0


def test_a_document_that_lost_its_passages_is_indexed_again(desk: Desk) -> None:
    document = desk.index(desk.sales, RULES, "rules.md")
    sql(desk, "DELETE FROM chunks")
    found = findings(check(desk))
    assert found["no_chunks"] == (1, 1)
    assert desk.queued() >= 1
    desk.services.ingestion.run(document.id)
    assert desk.services.search.search(desk.sales, "documents", "Rule number 3 says").passages
    assert check(desk).findings == ()


def test_a_document_without_its_file_is_listed_for_the_one_who_has_it(desk: Desk, blobs: Path) -> None:
    document = desk.index(desk.sales, RULES, "rules.md")
    (blobs / document.sha256[:2] / document.sha256).unlink()
    found = check(desk)
    assert findings(found) == {"no_file": (1, 0)}
    assert found.findings[0].examples == ("rules.md",)
    assert not found.sound
    (seen,) = desk.services.reconciling.latest(desk.analyst, "documents")
    assert [(one.kind, one.count, one.examples) for one in seen.findings] == [("no_file", 1, ())]


def test_documents_on_their_way_are_no_findings(desk: Desk) -> None:
    desk.index(desk.sales, RULES, "rules.md")
    for stage in ("received", "chunked", "embedded", "failed"):
        sql(desk, "UPDATE documents SET stage = :stage", stage=stage)
        sql(desk, "DELETE FROM chunk_vectors")
        assert set(findings(check(desk))) <= {"lone_vectors"}


def test_files_without_a_row_temporary_files_and_indexes_of_nothing_are_removed_once_they_are_old(
    desk: Desk, blobs: Path
) -> None:
    document = desk.index(desk.sales, RULES, "rules.md")
    store = Blobs(desk.services.settings.blobs_url)
    old, young = store.put(b"nobody knows this"), store.put(b"this one is just coming in")
    for name in ("left", "coming"):
        (blobs / "incoming" / name).write_bytes(b"half a file")
    for path in (blobs / old[:2] / old, blobs / "incoming" / "left"):
        os.utime(path, (time.time() - 200_000,) * 2)
    gone = CollectionVersion(uuid4(), uuid4(), 1, "failed", active(desk).fingerprint, document.created_at)
    desk.services.vectors.upsert(gone.vector_name, {uuid4(): [0.5] * 384})
    desk.services.lexical.apply(gone.vector_name, (), seq=1)
    loose = desk.services.settings.var_dir / "chroma" / str(uuid4())
    loose.mkdir()
    found = findings(desk.services.reconciling.house())
    assert found == {"lone_file": (1, 1), "temporary_file": (1, 1), "lone_index": (1, 1), "loose_folder": (1, 1)}
    assert (store.exists(old), store.exists(young), store.exists(document.sha256)) == (False, True, True)
    assert [path.name for path in (blobs / "incoming").iterdir()] == ["coming"]
    assert not loose.exists()
    assert desk.services.vectors.names() == {active(desk).vector_name}
    assert desk.services.reconciling.house().findings == ()


# --- asking for it --------------------------------------------------------------------------------------------------


def test_an_administrator_starts_a_check_that_runs_once_at_a_time(desk: Desk) -> None:
    desk.index(desk.sales, RULES, "rules.md")
    run = desk.services.reconciling.start(desk.admin, "documents")
    assert desk.services.reconciling.running(desk.analyst, "documents") == run
    with pytest.raises(Conflict, match="checked already"):
        desk.services.reconciling.start(desk.admin, "documents")
    desk.services.reconciling.run(run, active(desk).collection_id)
    assert desk.services.documents.job(desk.admin, run).status == "done"
    assert desk.services.reconciling.latest(desk.analyst, "documents")[0].sound
    assert desk.services.reconciling.latest_of_house(desk.admin)
    assert desk.services.reconciling.latest_of_house(desk.analyst) is None
    with pytest.raises(Forbidden):
        desk.services.reconciling.latest(desk.sales, "documents")


def test_a_build_whose_job_was_lost_is_taken_up_by_the_nightly_check(desk: Desk) -> None:
    desk.index(desk.sales, RULES, "rules.md")
    run = desk.services.versions.reindex(desk.admin, "documents")
    assert desk.services.reconciling.resume() == 0  # its job waits
    sql(desk, "DELETE FROM procrastinate_jobs")
    assert desk.queued("reindex") == 0
    desk.services.reconciling.nightly()
    assert desk.queued("reindex") == 1
    versions = desk.services.versions.list(desk.admin, "documents")
    desk.services.reindexing.run(run, versions[0].version.id)
    assert active(desk).number == 2


# --- room -----------------------------------------------------------------------------------------------------------


def test_what_a_collection_takes_up_is_measured_and_much_that_is_dead_is_a_reason_to_compact(desk: Desk) -> None:
    desk.index(desk.sales, RULES, "rules.md")
    many = "\n\n".join(f"# Правило {n}\n\n{RUSSIAN}" for n in range(520))
    document = desk.index(desk.sales, many, "many.md")
    before = desk.services.footprints.of(desk.analyst, "documents")
    assert min(before.files, before.sql, before.vectors, before.words, before.memory) > 0
    assert (before.dead, before.ever, before.compact) == (0, document.chunks + 6, False)
    desk.services.documents.delete(desk.sales, document.id)
    desk.services.retirement.prune_log()  # the log is pruned, the count stays
    after = desk.services.footprints.of(desk.analyst, "documents")
    assert (after.dead, after.ever, after.compact) == (document.chunks, document.chunks + 6, True)
    desk.rebuild()
    assert desk.services.footprints.of(desk.analyst, "documents").compact is False
