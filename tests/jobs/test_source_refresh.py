"""A run of a source in a process that is killed in the middle: the next process ends it, and nothing is there twice."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from core.entities.sources import RunStatus, SourceKind
from core.settings import ROOT
from jobs.worker import embedded_worker
from services.container import Services
from tests.desk import Desk

PATIENCE = 60.0  # seconds; only a failing test waits so long
_ASLEEP = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"


@contextmanager
def _held(url: str, key: str) -> Iterator[psycopg.Connection]:
    """Keeps the transaction that takes the record `key` in from its end."""
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(
            "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_sleep(600); RETURN NULL; END $$"
        )
        database.execute(
            "CREATE TRIGGER hold AFTER INSERT ON source_records FOR EACH ROW"
            f" WHEN (NEW.key = '{key}') EXECUTE FUNCTION hold()"
        )
        yield database
        database.execute(f"SELECT pg_terminate_backend(pid, 10000) FROM ({_ASLEEP}) AS asleep")
        database.execute("DROP TRIGGER hold ON source_records")
        database.execute("DROP FUNCTION hold")


def _kill_at(key: str, url: str, folder: Path) -> None:
    command = [sys.executable, "-m", "tests.jobs.serve", url, str(folder)]
    with (
        _held(url, key) as database,
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL) as process,
    ):
        deadline = time.monotonic() + PATIENCE
        while database.execute(_ASLEEP).fetchone() is None:
            assert process.poll() is None
            assert time.monotonic() < deadline, f"{key} was not reached"
            time.sleep(0.02)
        process.kill()


@pytest.mark.usefixtures("model")
def test_a_run_that_is_killed_is_ended_by_the_next_process_and_nothing_doubles(
    services: Services, database_url: str
) -> None:
    desk = Desk(services)
    folder = services.settings.readable_folders[0] / "papers"
    folder.mkdir(parents=True)
    for number in range(5):
        (folder / f"paper{number}.txt").write_text(f"Статья номер {number} об абрикосах и сливах.")
    source = services.sources.create(desk.admin, "documents", SourceKind.FOLDER, "Papers", {"path": str(folder)})
    run_id = services.sources.start(desk.admin, source.id)
    for key in ("paper1.txt", "paper3.txt"):
        _kill_at(key, database_url, services.settings.var_dir)
        assert services.sources.run(desk.admin, run_id).status is RunStatus.RUNNING

    async def finish() -> None:
        async with embedded_worker(services):
            deadline = time.monotonic() + PATIENCE
            while services.sources.run(desk.admin, run_id).status.active or desk.queued():
                assert time.monotonic() < deadline, "it did not end"
                await asyncio.sleep(0.02)

    asyncio.run(finish())
    run = services.sources.run(desk.admin, run_id)
    assert (run.status, run.total, run.added, run.failed) == (RunStatus.DONE, 5, 5, 0)
    found, total = services.documents.list(desk.admin, collection="documents")
    assert sorted(one.filename for one in found) == [f"paper{number}.txt" for number in range(5)]
    assert total == 5
    assert len({chunk for one in found for chunk in desk.chunk_ids(one.id)}) == 5
