"""A part that goes away is said once, in words, and used again by itself when it is back."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet
from procrastinate.jobs import Job
from pydantic import SecretStr
from sqlalchemy import text

from core import logs
from core.errors import ProviderUnavailable, Unavailable
from core.settings import ROOT, Settings
from data.database import Database
from data.embedded import EmbeddedPostgres
from jobs.app import MAX_ATTEMPTS, Again
from services import container
from services.container import Services
from services.health import FULL, NO_FOLDER, NO_WORKER, Health
from tests.browser.conftest import free_port
from tests.deploy.test_backup import disk
from tests.shared import quick_folder
from tests.waiting import until

Build = Callable[[Settings], Services]


@pytest.fixture
def shared(settings: Settings, database_url: str, tmp_path: Path) -> Settings:
    """As on many machines, with a Chroma server that is not there yet."""
    values = {
        "database_url": SecretStr(database_url),
        "chroma_url": f"http://127.0.0.1:{free_port()}",
        "blobs": (tmp_path / "blobs").as_uri(),
        "secret_key": SecretStr("s" * 40),
        "encryption_keys": SecretStr(Fernet.generate_key().decode()),
        "worker": "external",
    }
    return settings.model_copy(update=values)


@contextmanager
def chroma(settings: Settings, folder: Path) -> Iterator[None]:
    path = shutil.which("chroma", path=os.path.dirname(sys.executable))
    assert path
    assert settings.chroma_url
    port = settings.chroma_url.rpartition(":")[2]
    command = [path, "run", "--path", str(folder), "--host", "127.0.0.1", "--port", port]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


# Chroma's client leaves the connections of a server that went away to the collector.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_chroma_server_comes_goes_and_comes_back(
    shared: Settings, database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    built = container.build(shared, database_url)
    try:
        _come_and_go(built, shared, tmp_path)
    finally:
        built.close()
        del built
        gc.collect()
    told = [record.message for record in caplog.records if "vectors" in record.message]
    assert len(told) == len([one for one in told if "does not answer" in one or "works again" in one]) <= 8


def _come_and_go(built: Services, shared: Settings, tmp_path: Path) -> None:
    built.collections.ensure_defaults()

    def said() -> str:
        return built.health.parts()["vectors"]

    built.health.register("models", lambda: None)
    built.health.warm()
    assert said() == "The vector index does not answer. Try again in a minute."
    for _ in range(2):
        with chroma(shared, tmp_path / "chroma"):
            until(lambda: said() == "ok")
        until(lambda: "does not answer" in said())


def test_a_site_without_a_worker_says_so_and_can_be_used(shared: Settings, build_services: Build) -> None:
    built = build_services(shared)
    shared.var_dir.mkdir()
    for part in ("models", "vectors", "lexical"):
        built.health.report(part)
    parts = built.health.parts()
    assert parts.pop("worker") == NO_WORKER
    assert built.health.ready({**parts, "vectors": "ok", "worker": NO_WORKER}), "the queue holds the jobs"
    assert not built.health.ready({**parts, "vectors": "It does not answer."})
    with built.db.begin() as tx:
        tx.connection.execute(text("INSERT INTO procrastinate_workers DEFAULT VALUES"))
    until(lambda: built.health.parts()["worker"] == "ok")


def test_a_full_disk_is_said_and_forgotten(db: Database, settings: Settings) -> None:
    with disk(80) as small:
        health = Health(db, settings.model_copy(update={"var_dir": small}))
        assert "disk" not in health.parts()
        (small / "large").write_bytes(bytes(30 << 20))
        until(lambda: health.parts().get("disk") == FULL)
        (small / "large").unlink()
        until(lambda: "disk" not in health.parts())
    until(lambda: health.parts().get("disk") == NO_FOLDER)


def test_an_embedded_server_that_is_killed_runs_again(caplog: pytest.LogCaptureFixture) -> None:
    with quick_folder() as folder:
        server = EmbeddedPostgres(folder, durable=False)
        url = server.start()
        server.keep()
        try:
            (pid_file,) = folder.glob("postgres/**/postmaster.pid")
            os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)

            def answers() -> bool:
                try:
                    psycopg.connect(url).close()
                except psycopg.OperationalError:
                    return False
                return "runs again" in caplog.text

            until(answers)
        finally:
            server.stop()
    assert "has ended; it is started again" in caplog.text


def test_a_lost_connection_is_a_sentence(db: Database) -> None:
    with pytest.raises(Unavailable, match="does not answer"), db.begin() as tx:  # noqa: PT012 - the block is what fails
        pid = tx.connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with db.begin() as other:
            other.connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        tx.connection.execute(text("SELECT 1"))
    with db.begin() as tx:
        assert tx.connection.execute(text("SELECT 1")).scalar_one() == 1


@pytest.mark.parametrize("error", [Unavailable(), ProviderUnavailable(provider="ollama")])
def test_what_waits_for_a_part_is_tried_again_until_it_is_back(
    error: Unavailable, caplog: pytest.LogCaptureFixture
) -> None:
    again = Again()
    job = Job(id=1, queue="ingest", lock=None, queueing_lock=None, task_name="ingest", attempts=10 * MAX_ATTEMPTS)
    for _ in range(100):
        assert again.get_retry_decision(exception=error, job=job) is not None
    assert again.get_retry_decision(exception=OSError(), job=job) is None
    assert caplog.text.count(error.message) == 1


def test_a_database_that_is_away_is_one_line_of_the_workers(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        logs.configure()
        for name in ("procrastinate.worker", "jobs.worker", "procrastinate.utils"):
            for error in (psycopg.OperationalError("connection refused"), ValueError("a real fault")):
                logging.getLogger(name).error("It broke off", exc_info=error)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    said = capsys.readouterr().err
    assert said.count("The database does not answer; jobs wait until it does") == 1
    assert "connection refused" not in said
    assert said.count("a real fault") == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process as somebody else")
def test_a_folder_that_belongs_to_somebody_else_is_named_at_the_start() -> None:
    with quick_folder() as folder:
        blobs = folder / "blobs"
        blobs.mkdir(mode=0o755)
        os.chown(folder, 65534, 65534)
        code = f"""
import os, pathlib
from core.settings import Settings
from services.startup import House
house = House(Settings(_env_file=None, var_dir=pathlib.Path({str(folder)!r})), print)
os.setgid(65534), os.setuid(65534)
house.open()
"""
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert f"The folder {folder / 'blobs'} cannot be written by the user 65534" in done.stderr
