from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from core.entities.corpora import Document, Stage
from core.settings import ROOT
from data.stores.jobs import INGEST
from jobs import tasks
from jobs.app import create
from jobs.worker import embedded_worker, lanes, main
from services.container import Services
from tests import waiting
from tests.desk import ENGLISH, RUSSIAN, Desk


@pytest.fixture
def desk(services: Services, model: None) -> Desk:
    return Desk(services)


async def until(condition: Callable[[], object]) -> None:
    await asyncio.to_thread(waiting.until, condition)


def ended(desk: Desk, *documents: UUID) -> Callable[[], bool]:
    return lambda: all(desk.services.documents.get(desk.sales, key).stage.ended for key in documents)


@asynccontextmanager
async def working(desk: Desk) -> AsyncIterator[None]:
    async with embedded_worker(desk.services):
        yield


def test_the_embedded_worker_indexes_what_is_uploaded_and_says_that_it_is_up(desk: Desk) -> None:
    async def scene() -> Document:
        async with working(desk):
            uploaded = await asyncio.to_thread(desk.upload, desk.sales, RUSSIAN)
            await until(ended(desk, uploaded.document.id))
            assert desk.services.health.parts()["worker"] == "ok"
            assert uploaded.job_id
            assert desk.services.documents.job(desk.sales, uploaded.job_id).status == "done"
            await until(lambda: desk.queued() == 0)
        return desk.services.documents.get(desk.sales, uploaded.document.id)

    assert asyncio.run(scene()).stage is Stage.READY


def test_a_shutdown_in_the_middle_of_much_work_is_quick_and_loses_nothing(desk: Desk) -> None:
    text = "\n\n".join(f"# Rule {n}\n\nRule {n}. {ENGLISH} {ENGLISH}" for n in range(3_000))
    document = desk.upload(desk.sales, text, "rules.md").document

    async def begin() -> float:
        async with working(desk):
            await until(lambda: desk.services.documents.get(desk.sales, document.id).done > 0)
            stopping = time.monotonic()
        return time.monotonic() - stopping

    assert asyncio.run(begin()) < 5  # the aim is 3 s on two idle cores
    assert desk.services.documents.get(desk.sales, document.id).stage is Stage.CHUNKED
    assert desk.queued() == 1


def test_a_worker_whose_connections_break_serves_again(desk: Desk, database_url: str) -> None:
    async def scene() -> None:
        async with working(desk):
            first = await asyncio.to_thread(desk.upload, desk.sales, RUSSIAN)
            await until(ended(desk, first.document.id))
            with psycopg.connect(database_url, autocommit=True) as database:
                database.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            second = await asyncio.to_thread(desk.upload, desk.sales, RUSSIAN + " Второй.")
            await until(ended(desk, second.document.id))

    asyncio.run(scene())


@contextmanager
def held(url: str, stage: str) -> Iterator[Callable[[], bool]]:
    """Keeps the transaction that moves a document to `stage` from its end; yields whether one is being kept."""
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(
            "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_sleep(600); RETURN NULL; END $$"
        )
        database.execute(
            "CREATE TRIGGER hold AFTER UPDATE OF stage ON documents FOR EACH ROW"
            f" WHEN (NEW.stage = '{stage}') EXECUTE FUNCTION hold()"
        )
        kept = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
        yield lambda: database.execute(kept).fetchone() is not None
        database.execute(f"SELECT pg_terminate_backend(pid, 10000) FROM ({kept}) AS kept")
        database.execute("DROP TRIGGER hold ON documents")
        database.execute("DROP FUNCTION hold")


def kill_at(stage: str, url: str, folder: Path) -> None:
    """Lets a process work until it is about to note the stage, and kills it there."""
    command = [sys.executable, "-m", "tests.jobs.serve", url, str(folder)]
    with (
        held(url, stage) as reached,
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process,
    ):
        deadline = time.monotonic() + waiting.PATIENCE
        while not reached():
            assert process.poll() is None, process.communicate()[1].decode()
            assert time.monotonic() < deadline, f"{stage} was not reached"
            time.sleep(0.02)
        process.kill()


def test_killed_at_each_stage_and_started_again_a_document_is_ready_and_nothing_of_it_doubles(
    desk: Desk, database_url: str
) -> None:
    text = f"# Refunds\n\n{ENGLISH}\n\n# Возврат\n\n{RUSSIAN}\n"
    document = desk.upload(desk.sales, text, "refunds.md").document
    for stage in ("parsed", "chunked", "embedded", "indexed", "verified", "ready"):
        kill_at(stage, database_url, desk.services.settings.var_dir)
        assert desk.services.documents.get(desk.sales, document.id).stage.value != stage

    async def finish() -> None:
        async with working(desk):
            await until(ended(desk, document.id))

    asyncio.run(finish())
    assert desk.services.documents.get(desk.sales, document.id).stage is Stage.READY
    version = desk.services.collections.get(desk.sales, "documents").version
    chunks = desk.chunk_ids(document.id)
    assert len(chunks) == len(set(chunks)) == 2
    assert desk.services.lexical.ids(version.vector_name) == set(chunks)
    assert desk.services.vectors.count(version.vector_name) == 1


def test_every_task_that_is_put_into_a_queue_exists_and_has_a_queue_that_workers_serve(database_url: str) -> None:
    app = create(database_url)
    deferred = {
        name
        for path in (ROOT / "services").rglob("*.py")
        for name in re.findall(r'(?:jobs\.defer\(\s*|self\._start\(tx, principal, )"(\w+)"', path.read_text())
    }
    assert {"reindex", "load_demo"} <= deferred
    assert {*deferred, INGEST} <= set(app.tasks)
    served = {queue for lane in lanes(tasks.ALL_QUEUES) for queue in lane.queues}
    assert {
        task.queue for name, task in app.tasks.items() if not name.startswith(("builtin:", "procrastinate."))
    } <= served


def test_lanes_serve_exactly_the_queues_that_were_asked_for() -> None:
    assert [lane.queues for lane in lanes(["ingest"])] == [("ingest",)]
    assert [lane.queues for lane in lanes(["system", "text"])] == [("text", "system")]
    assert [lane.queues for lane in lanes(tasks.ALL_QUEUES)] == [("ingest",), ("text", "audio", "system")]


def test_a_worker_asked_for_unknown_queues_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--queues", "text,video"])
    assert "unknown queues: video; there are text, audio, ingest, system" in capsys.readouterr().err
