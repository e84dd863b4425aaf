from __future__ import annotations

import io
import threading
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from core.entities.corpora import CollectionKind, JobRun
from core.entities.evaluation import NewGolden
from core.entities.sources import SourceKind
from core.errors import BadInput, Conflict, Forbidden, NichewiseError, NotFound
from core.settings import Settings
from jobs import tasks
from services.container import Services
from services.corpora.deleting import Deletion
from tests.desk import ENGLISH, RUSSIAN, Desk

RULES = "\n\n".join(f"# Rule {n}\n\nRule number {n} says: {ENGLISH} It was added in {1900 + n}." for n in range(12))
SHEET = "region,sales\nNorth,10\nSouth,20\n"


@pytest.fixture
def desk(services: Services, model: None) -> Desk:
    desk = Desk(services)
    services.collections.create(desk.admin, "prices", "Price lists", CollectionKind.DOCUMENTS)
    return desk


def rows(desk: Desk, query: str, **values: object) -> list[tuple[object, ...]]:
    with desk.services.db.begin() as tx:
        return [tuple(row) for row in tx.connection.execute(text(query), values)]


def work(desk: Desk, task: str = "delete_collection") -> None:
    """Runs the jobs of this task that wait, with what is in the queue, as the worker would."""
    waiting = "SELECT id, args FROM procrastinate_jobs WHERE task_name = :task AND status = 'todo' ORDER BY id"
    for key, args in rows(desk, waiting, task=task):
        getattr(tasks, task)(**args)  # type: ignore[arg-type]
        with desk.services.db.begin() as tx:
            tx.connection.execute(text("DELETE FROM procrastinate_jobs WHERE id = :id"), {"id": key})


def job(desk: Desk, deletion: Deletion) -> JobRun:
    return desk.services.documents.job(desk.admin, deletion.job_id)


def files(settings: Settings) -> set[str]:
    folder = settings.var_dir / "blobs"
    return {path.name for path in folder.rglob("*") if path.is_file()}


def test_nothing_of_a_collection_is_left_in_any_store(desk: Desk, settings: Settings) -> None:
    services = desk.services
    kept = desk.index(desk.sales, RULES, "rules.md")
    before = files(settings)
    shared = desk.index(desk.admin, RULES, "rules.md", "prices")
    desk.index(desk.admin, RUSSIAN, "возврат.txt", "prices")
    table = desk.index(desk.admin, SHEET, "sales.csv", "prices")
    assert (shared.sha256, table.stage) == (kept.sha256, "ready")
    desk.rebuild("prices")
    versions = [one.version for one in services.versions.list(desk.admin, "prices")]
    services.search.search(desk.admin, "prices", "rule number 7")
    contents = services.deleting.contents(desk.admin, "prices")
    deleted = services.deleting.delete(desk.admin, "prices")
    assert deleted.contents == contents
    assert (contents.documents, contents.versions, contents.tables) == (3, 2, 1)
    assert contents.passages == shared.chunks + 2
    work(desk)
    proof = job(desk, deleted)
    assert (proof.status, proof.done, "indexes" in proof.result) == ("done", proof.total, False)
    removed = proof.result["removed"]
    assert removed["chunks"] == removed["lexical"] == 2 * contents.passages
    assert removed["vectors"] >= 2 * shared.chunks
    assert (removed["rows"], removed["files"]) == (2, len(files(settings) ^ before) or removed["files"])
    assert removed["files"] >= 2  # the originals, and what was derived from them
    # Files: only what somebody else holds. SQL, Chroma, tantivy: nothing.
    assert files(settings) == before
    for table_name in ("documents", "chunks", "chunk_changes", "collection_versions", "sheets", "sources"):
        ours = "collection_id = :id" if table_name in ("documents", "collection_versions", "sources") else "true"
        where = {"chunks": "version_id = ANY(:versions)", "chunk_changes": "version_id = ANY(:versions)"}
        query = f"SELECT count(*) FROM {table_name} WHERE {where.get(table_name, ours)}"
        values = {"id": versions[0].collection_id, "versions": [one.id for one in versions]}
        found = rows(desk, query, **{key: value for key, value in values.items() if f":{key}" in query})
        assert found == [(0,)], table_name
    names = {version.vector_name for version in versions}
    assert names.isdisjoint(services.vectors.names())
    assert names.isdisjoint(services.lexical.names())
    with pytest.raises(NotFound):
        services.search.search(desk.admin, "prices", "rule number 7")
    assert services.reconciling.house().sound
    assert services.reconciling.collection(kept.collection_id).sound  # type: ignore[union-attr]
    assert services.documents.open(desk.sales, kept.id)[1].read().decode() == RULES


def test_its_name_is_free_at_once_and_the_audit_log_says_who_and_how_much(desk: Desk) -> None:
    desk.index(desk.admin, RULES, "rules.md", "prices")
    desk.services.deleting.delete(desk.admin, "prices")
    again = desk.services.collections.create(desk.admin, "prices", "New prices", CollectionKind.DOCUMENTS)
    desk.index(desk.admin, RULES, "rules.md", "prices")
    work(desk)
    assert desk.services.search.search(desk.admin, "prices", "rule number 7").passages  # the same bytes stay
    entries = {entry.action: entry for entry in desk.services.audit.list(desk.admin)}
    assert (entries["collection.delete"].actor, entries["collection.delete"].detail["documents"]) == (
        "admin@example.com",
        1,
    )
    assert entries["collection.deleted"].detail["chunks"] == 12
    assert entries["collection.deleted"].detail["files"] == 0
    assert again.documents == 0


@pytest.mark.parametrize("name", ["faq", "analytics", "documents", "my-documents"])
def test_what_every_installation_or_a_person_has_is_not_deleted(desk: Desk, name: str) -> None:
    assert desk.services.collections.get(desk.admin, name)
    with pytest.raises(BadInput):
        desk.services.deleting.delete(desk.admin, name)
    assert desk.services.collections.get(desk.admin, name)


def test_only_administrators_delete_and_what_is_not_there_is_not_found(desk: Desk) -> None:
    for who in (desk.guest, desk.sales, desk.analyst):
        for ask in (desk.services.deleting.delete, desk.services.deleting.contents):
            with pytest.raises(Forbidden):
                ask(who, "prices")
    with pytest.raises(NotFound):
        desk.services.deleting.delete(desk.admin, "nowhere")


def test_citations_lose_their_text_and_keep_their_title(desk: Desk) -> None:
    document = desk.index(desk.admin, RULES, "rules.md", "prices")
    new = "INSERT INTO conversations (owner_id, title_sealed) VALUES (:owner, '') RETURNING id"
    ((talk,),) = rows(desk, new, owner=desk.sales.user_id)
    new = "INSERT INTO messages (conversation_id, author, text_sealed) VALUES (:talk, 'assistant', '') RETURNING id"
    ((message,),) = rows(desk, new, talk=talk)
    new = (
        "INSERT INTO citations (message_id, n, document_id, title, text_sealed)"
        " VALUES (:message, 1, :document, 'Rules', 'sealed') RETURNING n"
    )
    rows(desk, new, message=message, document=document.id)
    desk.services.deleting.delete(desk.admin, "prices")
    assert rows(desk, "SELECT title, document_id, text_sealed FROM citations") == [("Rules", None, None)]


# --- while other things go on ----------------------------------------------------------------------------------------


def test_a_job_that_was_killed_goes_on_where_it_was(desk: Desk, settings: Settings) -> None:
    services = desk.services
    for n in range(3):
        desk.index(desk.admin, f"{RULES}\n\nEdition {n}", f"{n}.md", "prices")
    before = {one.version.vector_name for one in services.versions.list(desk.admin, "prices")}
    counted = services.vectors.count(next(iter(before)))
    deleted = services.deleting.delete(desk.admin, "prices")
    ((args,),) = rows(desk, "SELECT args FROM procrastinate_jobs WHERE task_name = 'delete_collection'")
    # Killed after the first index was counted and dropped, and again after some of the files.
    with services.db.begin() as tx:
        run = tx.jobs.get(deleted.job_id)
        assert run
        (name,) = before
        result = {**run.result, "indexes": {name: {"vectors": counted, "lexical": 36}}}
        result["removed"] = {**result["removed"], "vectors": counted, "lexical": 36}
        tx.jobs.update(run.id, status="running", result=result)
    services.vectors.drop(name)
    hashes = args["hashes"].split(",")  # type: ignore[index]
    for path in (settings.var_dir / "blobs").rglob(f"{hashes[0]}*"):
        path.unlink()
    work(desk)
    proof = job(desk, deleted)
    assert (proof.status, proof.result["removed"]["vectors"], proof.result["removed"]["lexical"]) == (
        "done",
        counted,
        36,
    )
    assert not files(settings)
    assert name not in services.vectors.names() | services.lexical.names()
    tasks.delete_collection(str(deleted.job_id), **{key: args[key] for key in ("indexes", "hashes")})  # type: ignore[index]
    assert job(desk, deleted).result == proof.result


def test_of_two_at_once_one_deletes(desk: Desk) -> None:
    desk.index(desk.admin, RULES, "rules.md", "prices")
    outcomes: list[object] = []
    start = threading.Barrier(2)

    def delete() -> None:
        start.wait()
        try:
            outcomes.append(desk.services.deleting.delete(desk.admin, "prices"))
        except NichewiseError as error:
            outcomes.append(type(error))

    both = [threading.Thread(target=delete) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert [one for one in outcomes if not isinstance(one, Deletion)] == [NotFound]
    assert desk.queued("delete_collection") == 1


def test_an_upload_that_arrives_meanwhile_is_told_so_and_leaves_nothing(desk: Desk, settings: Settings) -> None:
    """The collection goes while the bytes stream in."""

    class Stream(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if not self.tell():
                desk.services.deleting.delete(desk.admin, "prices")
            return super().read(size)

    with pytest.raises(NotFound):
        desk.services.documents.upload(desk.sales, "late.txt", Stream(b"late"), "prices")
    assert rows(desk, "SELECT count(*) FROM documents") == [(0,)]
    assert desk.queued() == 0


def test_documents_on_their_way_a_build_an_evaluation_and_a_refresh_end_cleanly(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    services = desk.services
    desk.index(desk.admin, RULES, "rules.md", "prices")
    pending = desk.upload(desk.admin, RUSSIAN, "late.txt", "prices")
    build = services.versions.reindex(desk.admin, "prices")
    services.golden.add(desk.admin, "prices", NewGolden("What does rule 7 say?", document="rules.md"))
    measured = services.evaluation.start(desk.admin, "prices")
    evaluation = services.evaluation.get(desk.admin, "prices", measured).job.id
    check = services.reconciling.start(desk.admin, "prices")
    source = services.sources.create(desk.admin, "prices", SourceKind.FOLDER, "Papers", {"path": str(tmp_path)}, 60)
    services.deleting.delete(desk.admin, "prices")
    for task in ("ingest", "reindex", "evaluate", "reconcile", "refresh_source"):
        waiting = "SELECT args FROM procrastinate_jobs WHERE task_name = :task AND status = 'todo'"
        for (args,) in rows(desk, waiting, task=task):
            if task == "ingest":
                services.ingestion.run(UUID(args["document_id"]))  # type: ignore[index]
            else:
                getattr(tasks, task)(**args)  # type: ignore[arg-type]
    for run in (pending.job_id, build, evaluation, check):
        assert run
        assert services.documents.job(desk.admin, run).status in ("cancelled", "done"), run
    with pytest.raises(NotFound):
        services.sources.get(desk.admin, source.id)
    assert services.sources.start_due() == 0
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
    work(desk)
    assert services.reconciling.house().sound


def test_a_deletion_that_nobody_tries_any_more_has_failed_and_can_be_tried_again(
    desk: Desk, settings: Settings
) -> None:
    services = desk.services
    desk.index(desk.admin, RULES, "rules.md", "prices")
    deleted = services.deleting.delete(desk.admin, "prices")
    with pytest.raises(Conflict):  # its job waits
        services.deleting.again(desk.admin, deleted.job_id)
    [(key, args)] = rows(desk, "SELECT id, args FROM procrastinate_jobs WHERE task_name = 'delete_collection'")
    (stored,) = (settings.var_dir / "blobs").rglob(str(args["hashes"]))  # type: ignore[index]
    content = stored.read_bytes()
    stored.unlink()
    stored.mkdir()  # what cannot be removed like a file
    with pytest.raises(ValueError, match="directory"):
        tasks.delete_collection(**args)  # type: ignore[arg-type]
    stored.rmdir()
    stored.write_bytes(content)
    assert "reference" in job(desk, deleted).error
    assert job(desk, deleted).status == "running"  # the queue tries it again
    rows(desk, "UPDATE procrastinate_jobs SET status = 'failed' WHERE id = :key RETURNING id", key=key)
    assert [run.status for run in services.deleting.recent(desk.admin)] == ["failed"]
    services.deleting.again(desk.admin, deleted.job_id)
    assert job(desk, deleted).status == "running"
    work(desk)
    proof = job(desk, deleted)
    assert (proof.status, proof.error, proof.done) == ("done", "", proof.total)
    assert proof.result["removed"]["files"] >= 1
    with pytest.raises(Conflict):
        services.deleting.again(desk.admin, deleted.job_id)
    with pytest.raises(Forbidden):
        services.deleting.again(desk.analyst, deleted.job_id)
