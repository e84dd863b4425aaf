"""What a person sees who starts the product in a wrong place: one clear sentence, and nothing is harmed."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from core.lock import VarLock
from core.settings import ROOT
from tests.shared import quick_folder


def start(var: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NICHEWISE_VAR_DIR": str(var), "NICHEWISE_PORT": _free_port(), **settings}
    return subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=150, check=False
    )


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1]


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"Port {port} of 127.0.0.1 is taken" in sentence(start(tmp_path, NICHEWISE_PORT=port))


def test_a_second_process_on_the_same_folder_is_told_who_has_it(tmp_path: Path) -> None:
    lock = VarLock(tmp_path)
    lock.take()
    try:
        assert f"Process {os.getpid()} already uses {tmp_path}" in sentence(start(tmp_path))
    finally:
        lock.release()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert "cannot be written" in sentence(start(tmp_path / "file" / "var"))


@pytest.fixture(params=["300k", "40m"])
def full(request: pytest.FixtureRequest, exported_model: Path) -> Iterator[Path]:
    """A `var` folder on a disk of that size: too small to make the database, or for what is written into it."""
    with quick_folder() as disk:
        mounting = ["mount", "-t", "tmpfs", "-o", f"size={request.param},mode=711", "tmpfs", str(disk)]
        if subprocess.run(mounting, capture_output=True, check=False).returncode != 0:
            pytest.skip("only root can make a disk of this size")
        try:
            (disk / "var").mkdir()
            (disk / "var" / "models").symlink_to(exported_model)
            yield disk / "var"
        finally:
            subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_full_disk_is_named(full: Path) -> None:
    assert "disk" in (said := sentence(start(full)))
    assert "is full. Free some space and start again." in said


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"NICHEWISE_PORT": "many"}, "NICHEWISE_PORT"),
        ({"NICHEWISE_ENV": "production"}, "NICHEWISE_SECRET_KEY must have"),
        ({"NICHEWISE_DATABASE_URL": "postgresql://nobody:x@127.0.0.1:1/none"}, "database"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, settings: dict[str, str], words: str) -> None:
    assert words in sentence(start(tmp_path, **settings))


def test_it_serves_on_an_outside_database_and_ends_cleanly(
    tmp_path: Path, database_url: str, exported_model: Path
) -> None:
    port = _free_port()
    (tmp_path / "models").symlink_to(exported_model)
    settings = {"NICHEWISE_DATABASE_URL": database_url, "NICHEWISE_DEMO": "0"}
    environment = {**os.environ, "NICHEWISE_VAR_DIR": str(tmp_path), "NICHEWISE_PORT": port, **settings}
    process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api/ready", process)
        assert not (tmp_path / "postgres").exists()
        assert "admin@nichewise.local" in (tmp_path / "first-run.txt").read_text()
        assert stat.S_IMODE((tmp_path / "first-run.txt").stat().st_mode) == 0o600
    finally:
        process.terminate()
        assert process.wait(30) == 0


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)  # another process: there is nothing to wait on
    pytest.fail(f"{url} did not answer 200; the process says {process.poll()}")
