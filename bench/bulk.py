"""2,000 files of ten formats into a running product: throughput beside the embedding alone, memory, waiting people.

The files go in by REST, one by one, while one person clicks through the screens in Chromium, a second after each has
come up. Then half as many go in as one ZIP, with nobody there. The embedding alone gets the same chunks in one
call, in a process that does nothing else.
"""

from __future__ import annotations

import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from bench import mixed_files
from bench.clicking import clicking
from bench.house import table
from bench.uploading import upload, upload_elsewhere
from bench.watching import Watch
from core.settings import ROOT, Settings
from rag.chunking import passage
from rag.embedder import Embedder
from rag.embedding.spec import model_dir
from rag.parsing import parse
from services.corpora.fingerprints import Fingerprints
from tests.browser.conftest import Product, running

AIM_OF_EMBEDDING, AIM_MEMORY_MB, AIM_UI_P95_MS = 0.85, 1_200, 300
FILES = 2_000
_UPLOADS_AT_ONCE = 4
_PATIENCE = 1_200  # seconds

Bring = Callable[[httpx.Client, Sequence[Path], str], None]  # files into a collection


def run(files: int = FILES) -> dict[str, Any]:
    """Figures of both ways; `failed` counts files that did not become ready."""
    with tempfile.TemporaryDirectory(prefix="nichewise-bulk-", dir=ROOT / "var") as folder:
        paths = list(mixed_files.written(Path(folder), files + files // 2))
        uploads, packed = paths[:files], paths[files:]
        var = Path(folder) / "var"
        (var / "models").parent.mkdir()
        (var / "models").symlink_to(model_dir(Settings()).parent)
        with running(var) as product, _signed_in(product) as api:
            upload(api, _warm_up(Path(folder)), "my-documents")  # the models of both processes are loaded by it
            _until_ended(api, "my-documents", 1)
            with clicking(product) as clicks:
                found = _ingested(product, api, "uploads", uploads, _one_by_one)
            for name in ("named", "stands"):
                took = [getattr(click, name) for click in clicks]
                found[f"{name}_ms"] = [round(float(np.percentile(took, p))) for p in (50, 95)]
            found["clicks"] = len(clicks)
            zipped = _ingested(product, api, "zip", packed, _as_zip)
        return {
            "uploads": found | _beside(found, _embedding_alone(uploads)),
            "zip": zipped | _beside(zipped, _embedding_alone(packed)),
        }


def _beside(found: dict[str, Any], alone: float) -> dict[str, float]:
    return {"embedding_s": round(alone, 1), "share_of_embedding": round(alone / found["seconds"], 2)}


def _warm_up(folder: Path) -> Path:
    path = folder / "warm-up.txt"
    path.write_text("A paragraph that loads the models.")
    return path


# --- the product at work --------------------------------------------------------------------------------------------


def _one_by_one(api: httpx.Client, paths: Sequence[Path], collection: str) -> None:
    upload_elsewhere(api, paths, collection, _UPLOADS_AT_ONCE)


def _as_zip(api: httpx.Client, paths: Sequence[Path], collection: str) -> None:
    upload(api, _packed(paths), collection)


def _ingested(
    product: Product, api: httpx.Client, collection: str, paths: Sequence[Path], bring: Bring
) -> dict[str, Any]:
    api.post("/api/collections", json={"name": collection, "title": collection, "kind": "documents"}).raise_for_status()
    with Watch(product) as watch:
        started = time.perf_counter()
        bring(api, paths, collection)
        _until_ended(api, collection, len(paths))
        seconds = time.perf_counter() - started
    known = next(one for one in api.get("/api/collections").json() if one["name"] == collection)
    return {
        "files": len(paths),
        "failed": len(paths) - known["documents"],
        "passages": known["chunks"],
        "seconds": round(seconds, 1),
        "files_per_s": round(len(paths) / seconds, 1),
        "passages_per_s": round(known["chunks"] / seconds, 1),
        "memory_peak_mb": watch.peak_mb,
        "processor_ms": {name: round(spent * 1000 / known["chunks"], 2) for name, spent in watch.spent().items()},
        "cores_busy": round(float(np.mean(watch.busy)), 2),
    }


@contextmanager
def _signed_in(product: Product) -> Iterator[httpx.Client]:
    email, password = product.credentials()
    with httpx.Client(base_url=product.url, timeout=60) as client:
        token = client.post("/api/auth/token", data={"username": email, "password": password}).json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def _packed(paths: Sequence[Path]) -> Path:
    target = paths[0].with_name("files.zip")
    with zipfile.ZipFile(target, "w") as archive:
        for path in paths:
            archive.write(path, path.name)
    return target


def _until_ended(api: httpx.Client, collection: str, count: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while _ended(api, collection) < count:
        assert time.monotonic() < deadline, "the files did not all end"
        time.sleep(0.5)


def _ended(api: httpx.Client, collection: str) -> int:
    """How many documents have ended, as the list on the page counts them."""
    answer = api.get("/api/documents", params={"collection": collection, "stage": ["ready", "failed"], "limit": 1})
    answer.raise_for_status()
    return int(answer.headers["X-Total-Count"])


# --- the embedding alone --------------------------------------------------------------------------------------------


def _embedding_alone(paths: Sequence[Path]) -> float:
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
    ways = result["uploads"], result["zip"]
    rows = [
        ["files, of them failed", *(f"{way['files']}, {way['failed']}" for way in ways)],
        ["passages", *(way["passages"] for way in ways)],
        ["seconds", *(way["seconds"] for way in ways)],
        ["files/s, passages/s", *(f"{way['files_per_s']}, {way['passages_per_s']}" for way in ways)],
        [f"share of the embedding alone (aim {AIM_OF_EMBEDDING})", *(way["share_of_embedding"] for way in ways)],
        [f"memory of all processes at the most, MB (aim {AIM_MEMORY_MB})", *(way["memory_peak_mb"] for way in ways)],
        ["cores busy", *(way["cores_busy"] for way in ways)],
        *(
            [f"processor time of a passage, ms: {kind}", *(way["processor_ms"][kind] for way in ways)]
            for kind in ways[0]["processor_ms"]
        ),
        ["a click until the screen's heading is drawn, p50 / p95 ms", "{} / {}".format(*ways[0]["named_ms"]), ""],
        [
            f"a click until all of the screen stands, p50 / p95 ms (aim p95 {AIM_UI_P95_MS})",
            "{} / {}".format(*ways[0]["stands_ms"]),
            "",
        ],
    ]
    return table(["Ingestion into a running product", "uploads, a person clicking", "one ZIP, nobody there"], rows)


def main() -> None:
    print(report(run()))


if __name__ == "__main__":
    main()
