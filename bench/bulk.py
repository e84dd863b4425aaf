"""2,000 files of ten formats into a running product: throughput beside the embedding alone, memory, waiting people.

The files go in by REST while one person clicks through the screens in Chromium, a second after each has come up. The
embedding alone gets the same chunks in one call, in a process that does nothing else.
"""

from __future__ import annotations

import json
import tempfile
import textwrap
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
from playwright.sync_api import sync_playwright

from bench import xquad
from bench.house import table
from bench.processor_time import PROCESSES, spent_by
from core.settings import ROOT, Settings
from rag.chunking import passage
from rag.embedder import Embedder
from rag.embedding.spec import model_dir
from rag.parsing import parse
from services.corpora.fingerprints import Fingerprints
from tests import sample_formats, samples
from tests.browser.conftest import FLAGS, Product, Visitor, running, system_chromium

AIM_OF_EMBEDDING, AIM_MEMORY_MB, AIM_UI_P95_MS = 0.85, 1_200, 300
FILES = 2_000
_COLLECTION = "bulk"
_PATIENCE = 1_200  # seconds
_UPLOADS_AT_ONCE = 4
_BETWEEN_CLICKS = 1.0  # seconds
_SCREENS = ("Documents", "Niches", "Corpora", "People")


def run(files: int = FILES) -> dict[str, Any]:
    """One row of figures; `failed` counts files that did not become ready."""
    with tempfile.TemporaryDirectory(prefix="nichewise-bulk-", dir=ROOT / "var") as folder:
        paths = list(_files(Path(folder), files))
        var = Path(folder) / "var"
        (var / "models").parent.mkdir()
        (var / "models").symlink_to(model_dir(Settings()).parent)
        with running(var) as product:
            found = _ingested(product, paths)
        alone = _embedding_alone(paths)
    return {**found, "embedding_s": round(alone, 1), "share_of_embedding": round(alone / found["seconds"], 2)}


# --- the files ------------------------------------------------------------------------------------------------------


def _files(folder: Path, count: int) -> Iterator[Path]:
    """Every format in turn; each file has one to three paragraphs and a line that no other has."""
    paragraphs = xquad.load("en").paragraphs
    made = list(_FORMATS.items())
    for number in range(count):
        suffix, write = made[number % len(made)]
        first = number * 3 % len(paragraphs)
        texts = [f"Report {number}.", *paragraphs[first : first + 1 + number % 3]]
        path = folder / f"report-{number}.{suffix}"
        path.write_bytes(write(texts))
        yield path


def _html(texts: list[str]) -> bytes:
    return f"<html><body>{''.join(f'<p>{text}</p>' for text in texts)}</body></html>".encode()


def _pdf(texts: list[str]) -> bytes:
    plain = [text.encode("cp1251", "replace").decode("cp1251") for text in texts]
    return samples.pdf([[line for text in plain for line in textwrap.wrap(text, 90)]])


_FORMATS: Mapping[str, Callable[[list[str]], bytes]] = {
    "txt": lambda texts: "\n\n".join(texts).encode(),
    "md": lambda texts: "\n\n".join([f"# {texts[0]}", *texts[1:]]).encode(),
    "html": _html,
    "pdf": _pdf,
    "docx": lambda texts: samples.docx(texts, rows=()),
    "xlsx": lambda texts: samples.xlsx({"Report": [("Text",), *((text,) for text in texts)]}),
    "pptx": lambda texts: samples.pptx([(texts[0], text) for text in texts[1:]]),
    "csv": lambda texts: "\n".join(["Text", *(json.dumps(text) for text in texts)]).encode(),
    "json": lambda texts: json.dumps({"title": texts[0], "texts": texts[1:]}).encode(),
    "eml": lambda texts: sample_formats.eml(texts[0], "\n\n".join(texts[1:])),
}


# --- the product at work --------------------------------------------------------------------------------------------


def _ingested(product: Product, paths: list[Path]) -> dict[str, Any]:
    with _signed_in(product) as api:
        api.post(
            "/api/collections", json={"name": _COLLECTION, "title": "Bulk", "kind": "documents"}
        ).raise_for_status()
        _upload(api, paths[0])  # the models of both processes are loaded by it
        _until_ended(api, 1)
        with _Watch(product) as watch, _clicking(product) as clicks:
            started = time.perf_counter()
            with ThreadPoolExecutor(_UPLOADS_AT_ONCE) as pool:
                list(pool.map(lambda path: _upload(api, path), paths[1:]))
            uploaded = time.perf_counter() - started
            _until_ended(api, len(paths))
            seconds = time.perf_counter() - started
        collection = next(one for one in api.get("/api/collections").json() if one["name"] == _COLLECTION)
    return {
        "files": len(paths),
        "failed": len(paths) - collection["documents"],
        "passages": collection["chunks"],
        "seconds": round(seconds, 1),
        "uploaded_s": round(uploaded, 1),
        "files_per_s": round(len(paths) / seconds, 1),
        "passages_per_s": round(collection["chunks"] / seconds, 1),
        "memory_peak_mb": watch.peak_mb,
        "processor_ms": {name: round(spent * 1000 / collection["chunks"], 2) for name, spent in watch.spent().items()},
        "cores_busy": round(float(np.mean(watch.busy)), 2),
        "ui_p50_ms": round(float(np.percentile(clicks, 50))),
        "ui_p95_ms": round(float(np.percentile(clicks, 95))),
        "clicks": len(clicks),
    }


@contextmanager
def _signed_in(product: Product) -> Iterator[httpx.Client]:
    email, password = product.credentials()
    with httpx.Client(base_url=product.url, timeout=60) as client:
        token = client.post("/api/auth/token", data={"username": email, "password": password}).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def _upload(api: httpx.Client, path: Path) -> None:
    with path.open("rb") as file:
        api.post(
            "/api/documents", files={"file": (path.name, file)}, data={"collection": _COLLECTION}
        ).raise_for_status()


def _until_ended(api: httpx.Client, count: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while _ended(api) < count:
        assert time.monotonic() < deadline, "the files did not all end"
        time.sleep(0.5)


def _ended(api: httpx.Client) -> int:
    """How many documents have ended, as the list on the page counts them."""
    answer = api.get("/api/documents", params={"collection": _COLLECTION, "stage": ["ready", "failed"], "limit": 1})
    answer.raise_for_status()
    return int(answer.headers["X-Total-Count"])


@dataclass
class _Watch:
    """The memory and the processor time of the product and its children, once a second."""

    product: Product
    peak_mb: int = 0
    busy: list[float] = field(default_factory=list)  # cores
    _first: dict[int, float] = field(default_factory=dict)  # seconds of each process when it was first seen
    _last: dict[int, tuple[str, float]] = field(default_factory=dict)

    def spent(self) -> dict[str, float]:
        """Seconds of processor time by kind of process; `rest` is the browser, who uploads, and the machine itself."""
        found = dict.fromkeys(PROCESSES, 0.0)
        for pid, (kind, seconds) in self._last.items():
            found[kind] += seconds - self._first[pid]
        return found | {"rest": sum(self.busy) - sum(found.values())}

    def __enter__(self) -> _Watch:
        port = int(self.product.url.rpartition(":")[2])
        self._app = next(
            psutil.Process(one.pid)
            for one in psutil.net_connections("tcp")
            if one.laddr and one.laddr.port == port and one.status == "LISTEN" and one.pid
        )
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        psutil.cpu_percent()
        while not self._over.wait(1):
            self.busy.append(psutil.cpu_percent() / 100 * (psutil.cpu_count() or 1))
            family = self._family()
            self.peak_mb = max(self.peak_mb, round(sum(map(_share_of, family)) / 2**20))
            for one in family:
                with suppress(psutil.Error):  # it has ended
                    self._note(one)

    def _note(self, process: psutil.Process) -> None:
        seconds = spent_by(process)
        self._first.setdefault(process.pid, seconds)
        self._last[process.pid] = (self._kind(process), seconds)

    def _kind(self, process: psutil.Process) -> str:
        if process.pid == self._app.pid:
            return "app"
        command = process.cmdline()
        return "embedder" if "rag.embedder" in command else "readers" if "rag.readers" in command else "postgres"

    def _family(self) -> list[psutil.Process]:
        """The embedded PostgreSQL is no child of the app: it is found by the folder that it serves."""
        children = self._app.children(recursive=True)
        servers = [one for one in psutil.process_iter(["cmdline"]) if self._serves(one.info["cmdline"] or [])]
        backends = [child for server in servers for child in server.children(recursive=True)]
        return list({one.pid: one for one in (self._app, *children, *servers, *backends)}.values())

    def _serves(self, command: list[str]) -> bool:
        return any(str(self.product.var) in part for part in command)


def _share_of(process: psutil.Process) -> int:
    """Bytes; memory that processes share is divided among them."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:  # it has ended
        return 0


@contextmanager
def _clicking(product: Product) -> Iterator[list[float]]:
    """Milliseconds from each click on a screen's name until that screen stands still, until the block ends."""
    took: list[float] = []
    over, begun = threading.Event(), threading.Event()

    def click() -> None:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=system_chromium(), args=FLAGS)
            context = browser.new_context(locale="en-US", viewport={"width": 1280, "height": 800})
            visitor = Visitor(context.new_page(), context, product.url)
            visitor.go()
            visitor.sign_in(*product.credentials())
            begun.set()
            screens = cycle(_SCREENS)
            while not over.wait(_BETWEEN_CLICKS):
                took.append(_shown(visitor, next(screens)))
            browser.close()

    thread = threading.Thread(target=click)
    thread.start()
    assert begun.wait(120), "the browser did not sign in"
    try:
        yield took
    finally:
        over.set()
        thread.join()


def _shown(visitor: Visitor, screen: str) -> float:
    link = visitor.page.get_by_test_id("stSidebarNavLink").filter(has_text=screen).first
    started = time.perf_counter()
    link.click()
    visitor.page.get_by_role("heading", name=screen, exact=True).first.wait_for()
    return (time.perf_counter() - started) * 1000


# --- the embedding alone --------------------------------------------------------------------------------------------


def _embedding_alone(paths: list[Path]) -> float:
    """Seconds for the same chunks in one call."""
    settings = Settings()
    fingerprints = Fingerprints(settings)
    current = fingerprints.current()
    chunks = [
        chunk
        for path in paths
        for chunk in fingerprints.chunks(parse(path, path.name), current)
        if chunk.language in current.languages
    ]
    embedder = Embedder(settings)
    embedder.embed(["This loads the model."])
    started = time.perf_counter()
    embedder.embed([passage(chunk.heading, chunk.text) for chunk in chunks])
    seconds = time.perf_counter() - started
    embedder.close()
    return seconds


def report(result: dict[str, Any]) -> str:
    rows = [
        ["files, of them failed", f"{result['files']}, {result['failed']}"],
        ["passages", result["passages"]],
        ["files/s, passages/s", f"{result['files_per_s']}, {result['passages_per_s']}"],
        ["share of the embedding alone", f"{result['share_of_embedding']} (aim {AIM_OF_EMBEDDING})"],
        ["memory of all processes at the most, MB", f"{result['memory_peak_mb']} (aim {AIM_MEMORY_MB})"],
        ["cores busy, the browser's share included", result["cores_busy"]],
        ["processor time of a passage, ms", ", ".join(f"{k} {v}" for k, v in result["processor_ms"].items())],
        ["a click until the screen stands, p50 / p95 ms", f"{result['ui_p50_ms']} / {result['ui_p95_ms']}"],
    ]
    return table([f"{result['files']} files in {result['seconds']} s", f"UI aim: p95 {AIM_UI_P95_MS} ms"], rows)


def main() -> None:
    print(report(run()))


if __name__ == "__main__":
    main()
