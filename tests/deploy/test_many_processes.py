"""On many machines by settings alone: two apps and a worker on one PostgreSQL, Chroma server and place for files.

Each process has a folder of its own, as machines have, and is ended by a signal, as a container is.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet

from core.settings import ROOT, Settings
from deploy import healthy
from tests.browser.conftest import free_port
from tests.waiting import until

TEXT = "Lanterns of the north quay are lit by the harbour master at dusk and put out by the first ferry."
QUESTION = "Who lights the lanterns of the north quay?"
LOGIN = {"username": "root@example.com", "password": "a long passphrase"}


class Site:
    """The settings that all processes share, and the processes."""

    def __init__(self, folder: Path, database_url: str, model: Path, stack: ExitStack) -> None:
        self._folder, self._model, self._stack = folder, model, stack
        self._shared = {
            "DATABASE_URL": database_url,
            "BLOBS": (folder / "blobs").as_uri(),
            "SECRET_KEY": "s" * 40,
            "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "ADMIN_EMAIL": LOGIN["username"],
            "ADMIN_PASSWORD": LOGIN["password"],
            "ALLOWED_HOSTS": "nichewise.example",
            "PROVIDER": "extractive",
            "DEMO": "0",
            "WORKER": "external",
        }

    def chroma(self) -> None:
        port = free_port()
        (self._folder / "chroma").mkdir()
        path = shutil.which("chroma", path=os.path.dirname(sys.executable))
        assert path
        self._start([path, "run", "--path", str(self._folder / "chroma"), "--host", "127.0.0.1", "--port", str(port)])
        self._shared["CHROMA_URL"] = f"http://127.0.0.1:{port}"
        until(lambda: _answers(f"http://127.0.0.1:{port}/api/v2/heartbeat"))

    def app(self, name: str) -> httpx.Client:
        port = free_port()
        process = self._machine(name, [sys.executable, "app.py"], PORT=str(port))
        settings = Settings(_env_file=None, port=port, allowed_hosts=("nichewise.example",))

        def ready() -> bool:
            assert process.poll() is None, "the app ended"
            return healthy.ready(settings)

        until(ready)
        host = {"Host": "nichewise.example"}
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}/api", headers=host, timeout=60)
        return self._stack.enter_context(client)

    def worker(self) -> subprocess.Popen[bytes]:
        return self._machine("worker", [sys.executable, "-m", "jobs.worker"])

    def _machine(self, name: str, command: list[str], **own: str) -> subprocess.Popen[bytes]:
        var = self._folder / name
        var.mkdir()
        (var / "models").symlink_to(self._model)
        settings = {**self._shared, **own, "VAR_DIR": str(var)}
        return self._start(command, {f"NICHEWISE_{key}": value for key, value in settings.items()})

    def _start(self, command: list[str], settings: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **(settings or {})}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        self._stack.callback(_end, process)
        return process


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


@pytest.fixture
def site(tmp_path: Path, database_url: str, exported_model: Path) -> Iterator[Site]:
    with ExitStack() as stack:
        yield Site(tmp_path, database_url, exported_model, stack)


def get(client: httpx.Client, path: str, **params: Any) -> Any:
    answer = client.get(path, params=params)
    assert answer.status_code == httpx.codes.OK, answer.text
    return answer.json()


@pytest.mark.timeout(400)
def test_what_one_app_takes_in_a_worker_indexes_and_another_app_answers(site: Site) -> None:
    site.chroma()
    one, two = site.app("one"), site.app("two")
    token = one.post("/auth/token", data=LOGIN).json()["access_token"]
    for app in (one, two):  # who signed in at one is signed in at the other
        app.headers["Authorization"] = f"Bearer {token}"
    document = one.post("/documents", files={"file": ("quay.txt", TEXT.encode())}).json()["document_id"]
    assert get(two, f"/documents/{document}")["stage"] == "received"  # nobody works: it waits

    worker = site.worker()
    until(lambda: get(two, f"/documents/{document}")["stage"] in ("ready", "failed"))
    for app in (one, two):
        (hit,) = get(app, "/search", q=QUESTION)["hits"]
        assert (hit["document_id"], hit["text"]) == (document, TEXT)
        assert hit["legs"]["vector"], "the vectors that the worker wrote are those of the app"
        answer = app.post("/chat", json={"message": QUESTION, "collection": "documents"}).json()
        assert "harbour master" in answer["reply"]
        assert app.get(f"/documents/{document}/file").content == TEXT.encode()

    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    removed = two.delete(f"/documents/{document}").json()["removed"]
    assert removed | {"cache": 0} == {"files": 2, "chunks": 1, "vectors": 1, "lexical": 1, "cache": 0}, "with its parse"
    assert get(one, "/search", q=QUESTION)["hits"] == []


def test_a_worker_that_shares_nothing_is_told_what_to_set(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "jobs.worker"]
    environment = {**os.environ, "NICHEWISE_VAR_DIR": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "The worker cannot start. Set NICHEWISE_DATABASE_URL, NICHEWISE_CHROMA_URL" in done.stderr
    assert "Traceback" not in done.stderr
