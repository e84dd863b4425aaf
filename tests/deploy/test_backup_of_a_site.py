"""A site is kept while documents go in, and is there again on another machine: people, files, answers and figures."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.settings import ROOT, Settings
from deploy import healthy
from tests.browser.conftest import free_port
from tests.deploy.test_many_processes import LOGIN, get
from tests.shared import quick_folder
from tests.waiting import until

TEXT = "Lanterns of the north quay are lit by the harbour master at dusk and put out by the first ferry."
QUESTION = "Who lights the lanterns of the north quay?"
SALES = "Region,Revenue (USD)\nNorth,100\nSouth,50.5\nNorth,20\n"


def environment(var: Path, port: int = 8501) -> dict[str, str]:
    settings = {
        "VAR_DIR": str(var),
        "PORT": str(port),
        "DEMO": "0",
        "PROVIDER": "extractive",
        "ADMIN_EMAIL": LOGIN["username"],
        "ADMIN_PASSWORD": LOGIN["password"],
    }
    return {**os.environ, **{f"NICHEWISE_{name}": value for name, value in settings.items()}}


@contextmanager
def app(var: Path, model: Path) -> Iterator[httpx.Client]:
    """The product over `var`, with somebody signed in."""
    var.mkdir(exist_ok=True)
    (var / "models").symlink_to(model)
    port = free_port()
    process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment(var, port))

    def ready() -> bool:
        assert process.poll() is None, "the app ended"
        return healthy.ready(Settings(_env_file=None, port=port))

    try:
        until(ready)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api", timeout=60) as client:
            token = client.post("/auth/token", data=LOGIN).json()["access_token"]
            client.headers["Authorization"] = f"Bearer {token}"
            yield client
    finally:
        process.terminate()
        process.wait(30)


def started(module: str, var: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", module, *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, env=environment(var), text=True, stdout=pipe, stderr=pipe)


def said(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=150)
    assert process.returncode == 0, errors
    return output


def add(client: httpx.Client, name: str, content: str) -> str:
    files = {"file": (name, content.encode())}
    return str(client.post("/documents", files=files, data={"collection": "documents"}).json()["document_id"])


def note(client: httpx.Client, n: int) -> str:
    return add(client, f"note {n}.txt", f"Note {n} of the harbour: berth {n} is free.")


def ended(client: httpx.Client, documents: list[str]) -> bool:
    return all(get(client, f"/documents/{one}")["stage"] in ("ready", "failed") for one in documents)


def asked(client: httpx.Client) -> Any:
    return client.post("/chat", json={"message": QUESTION, "collection": "documents"}).json()


def revenue(client: httpx.Client, document: str) -> Any:
    grouped = {"group": "Region", "function": "sum", "column": "Revenue"}
    return get(client, f"/documents/{document}/tables/1", **grouped)["rows"]


@pytest.mark.timeout(400)
def test_a_site_that_was_kept_while_documents_went_in_is_there_again(exported_model: Path) -> None:
    with quick_folder() as folder:
        with app(folder / "one", exported_model) as client:
            quay, sales = add(client, "quay.txt", TEXT), add(client, "sales.csv", SALES)
            until(lambda: ended(client, [quay, sales]))
            answer = asked(client)
            figures = revenue(client, sales)
            before = [note(client, n) for n in range(20)]
            backup = started("deploy.backup", folder / "one", str(folder / "kept.zip"))
            meanwhile: list[str] = []
            while backup.poll() is None:
                meanwhile.append(note(client, 20 + len(meanwhile)))
            assert meanwhile
        output = said(backup)
        assert "It holds the keys" in output
        assert "were not there" not in output
        said(started("deploy.backup", folder / "one", str(folder / "stopped.zip"), "--without-keys"))  # nothing runs

        said(started("deploy.restore", folder / "two", str(folder / "kept.zip")))
        with app(folder / "two", exported_model) as client:  # with the same password
            known = [one for one in meanwhile if client.get(f"/documents/{one}").status_code == httpx.codes.OK]
            kept = [quay, sales, *before, *known]
            until(lambda: ended(client, kept))
            assert {get(client, f"/documents/{one}")["stage"] for one in kept} == {"ready"}
            assert all(client.get(f"/documents/{one}/file").status_code == httpx.codes.OK for one in kept)
            assert revenue(client, sales) == figures == [["North", 120, 2], ["South", 50.5, 1]]
            talk = get(client, f"/conversations/{answer['conversation_id']}/messages")
            assert [QUESTION in str(talk), "harbour master" in str(talk)] == [True, True]
            again = asked(client)
            assert again["reply"] == answer["reply"]
            assert again["citations"][0]["document_id"] == quay
            (hit, *_) = get(client, "/search", q=QUESTION, k=1)["hits"]
            assert (hit["document_id"], *map(bool, hit["legs"].values())) == (quay, True, True)
            assert client.get(f"/documents/{quay}/file").content == TEXT.encode()
