"""Uploads by REST from a process of its own, as another machine would send them: `python -m bench.uploading`.

Standard input has a JSON object: `url`, `authorization`, `collection`, `paths`, `at_once`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from core.settings import ROOT


def upload(api: httpx.Client, path: Path, collection: str) -> None:
    with path.open("rb") as file:
        api.post(
            "/api/documents", files={"file": (path.name, file)}, data={"collection": collection}
        ).raise_for_status()


def upload_elsewhere(api: httpx.Client, paths: Sequence[Path], collection: str, at_once: int) -> None:
    """Uploads each of `paths` as whom `api` is signed in as, `at_once` at a time; returns when all are stored."""
    orders = {
        "url": str(api.base_url),
        "authorization": api.headers["Authorization"],
        "collection": collection,
        "paths": [str(path) for path in paths],
        "at_once": at_once,
    }
    subprocess.run([sys.executable, "-m", "bench.uploading"], cwd=ROOT, input=json.dumps(orders), text=True, check=True)


def main() -> None:
    orders = json.load(sys.stdin)
    headers = {"Authorization": orders["authorization"]}
    with (
        httpx.Client(base_url=orders["url"], headers=headers, timeout=60) as api,
        ThreadPoolExecutor(orders["at_once"]) as pool,
    ):
        list(pool.map(lambda path: upload(api, Path(path), orders["collection"]), orders["paths"]))


if __name__ == "__main__":
    main()
