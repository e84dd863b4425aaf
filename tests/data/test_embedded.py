"""The embedded PostgreSQL in the places and accidents it must live through."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from core.errors import StartupError
from core.settings import ROOT
from data.embedded import EmbeddedPostgres

MODULE = "tests.data.serve_postgres"
COMMAND = [sys.executable, "-m", MODULE]
AS_ROOT = os.geteuid() == 0


def serve(
    folder: Path, *arguments: str, python: str = sys.executable, **options: Any
) -> tuple[subprocess.Popen[str], str]:
    command = [python, "-m", MODULE, str(folder), *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=30)
    assert process.returncode == 0


def answer(url: str, statement: str) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        result = connection.execute(statement.encode())
        return result.fetchone()[0] if result.description else None  # type: ignore[index]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A `var` folder with a space in it and a path of more than 150 characters; made once, for it takes seconds."""
    base = tmp_path_factory.mktemp("embedded")
    return base / "a folder with spaces" / ("long" * 40)


@pytest.fixture
def server(folder: Path) -> Iterator[tuple[EmbeddedPostgres, str]]:
    server = EmbeddedPostgres(folder, durable=False)
    yield server, server.start()
    server.stop()


def test_it_starts_in_a_long_folder_with_spaces_and_speaks_russian(server: tuple[EmbeddedPostgres, str]) -> None:
    assert answer(server[1], "SELECT lower('НИША')") == "ниша"
    assert answer(server[1], "SHOW server_version").startswith("18.")


def test_a_wrong_password_is_refused(server: tuple[EmbeddedPostgres, str]) -> None:
    parts = urlsplit(server[1])
    wrong = parts._replace(netloc=f"{parts.username}:guess@").geturl()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_its_socket_folder_is_closed_to_others_and_it_listens_on_no_port(server: tuple[EmbeddedPostgres, str]) -> None:
    socket_dir = Path(parse_qs(urlsplit(server[1]).query)["host"][0])
    assert stat.S_IMODE(socket_dir.stat().st_mode) == 0o700
    assert answer(server[1], "SHOW listen_addresses") == ""


def test_pgvector_is_there(server: tuple[EmbeddedPostgres, str]) -> None:
    answer(server[1], "CREATE EXTENSION IF NOT EXISTS vector")
    assert answer(server[1], "SELECT '[1,2]'::vector <-> '[1,2]'::vector") == 0


def test_a_second_start_joins_the_running_server_and_does_not_end_it(
    server: tuple[EmbeddedPostgres, str], folder: Path
) -> None:
    process, url = serve(folder)
    assert url == server[1]
    end(process)
    assert answer(url, "SELECT 1") == 1


def test_committed_rows_survive_kill_9_and_the_server_dies_with_its_starter(folder: Path) -> None:
    process, url = serve(folder, "durable")
    answer(url, "CREATE TABLE IF NOT EXISTS kept (id int)")
    answer(url, "INSERT INTO kept VALUES (7)")
    process.kill()
    process.communicate()
    process, url = serve(folder, "durable")  # at once: the old server may still be on its way down
    try:
        assert answer(url, "SELECT max(id) FROM kept") == 7
    finally:
        end(process)


def test_committed_rows_survive_a_kill_9_of_the_server_itself(folder: Path) -> None:
    process, url = serve(folder, "durable")
    answer(url, "CREATE TABLE IF NOT EXISTS crashed (id int)")
    answer(url, "INSERT INTO crashed VALUES (8)")
    data_dir = answer(url, "SHOW data_directory")
    postmaster = int(Path(data_dir, "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    process.kill()
    process.communicate()
    process, url = serve(folder, "durable")
    try:
        assert answer(url, "SELECT max(id) FROM crashed") == 8
    finally:
        end(process)


def test_two_starts_at_once_end_with_one_server(tmp_path: Path) -> None:
    starts = [
        subprocess.Popen([*COMMAND, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    urls = {process.stdout.readline().strip() for process in starts if process.stdout}
    try:
        assert len(urls) == 1
        assert answer(urls.pop(), "SELECT 1") == 1
    finally:
        for process in starts:
            process.communicate(timeout=30)


@pytest.mark.skipif(not AS_ROOT, reason="only root can hide a folder from the system user")
def test_where_its_user_cannot_enter_the_data_goes_elsewhere_and_no_mode_changes() -> None:
    hidden = Path(tempfile.mkdtemp())  # 0700: root's alone
    homes = []
    try:
        for made in ("CREATE TABLE kept AS SELECT 1", "CREATE TABLE kept AS SELECT 2"):  # a new folder, a new database
            server = EmbeddedPostgres(hidden / "var", durable=False)
            url = server.start()
            homes.append(Path(server.note.removeprefix("The database lies in ").rstrip(".")).parent)
            assert homes[-1].parent == Path("/var/lib/nichewise")
            with psycopg.connect(url) as connection:
                connection.execute(made)
            assert stat.S_IMODE(hidden.stat().st_mode) == 0o700
            server.stop()
            again = EmbeddedPostgres(hidden / "var", durable=False)
            assert answer(again.start(), "SELECT count(*) FROM kept") == 1
            again.stop()
            shutil.rmtree(hidden / "var")
        assert homes[0] != homes[1]
    finally:
        for home in homes:
            shutil.rmtree(home)
        shutil.rmtree(hidden)


@pytest.mark.skipif(not AS_ROOT, reason="this run is a normal user's already, so every test here shows it")
def test_a_normal_user_needs_no_system_user() -> None:
    nobody = pwd.getpwnam("nobody")
    options: dict[str, Any] = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    python = _python_for(options)
    if python is None:
        pytest.skip("no Python of this version, or not this checkout, can be read by other users here")
    home = Path(tempfile.mkdtemp())
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    options["env"] = {"PYTHONPATH": sysconfig.get_path("purelib"), "PATH": os.defpath}
    process, url = serve(home / "var", python=python, **options)
    try:
        assert (home / "var" / "postgres" / "18").stat().st_uid == nobody.pw_uid
        assert "nichewise" in url
        end(process)
    finally:
        shutil.rmtree(home)


def _python_for(options: dict[str, Any]) -> str | None:
    """A Python of our version that this user may run on this checkout's packages."""
    script = "import psycopg, core.settings"
    environment = {"PYTHONPATH": sysconfig.get_path("purelib"), "PATH": os.defpath}
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        try:
            run = subprocess.run([python, "-c", script], cwd=ROOT, env=environment, capture_output=True, **options)
        except OSError:
            continue
        if run.returncode == 0:
            return python
    return None


def test_a_lost_password_file_is_one_sentence(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path, durable=False)
    server.start()
    try:
        (tmp_path / "secrets" / "postgres_password").unlink()
        with pytest.raises(StartupError, match="Put the right file back"):
            EmbeddedPostgres(tmp_path, durable=False).start()
    finally:
        server.stop()
