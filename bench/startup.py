"""Start-up of the product: seconds until the sign-in page and until ready, and the memory it then holds."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil

from bench.house import table
from core.settings import ROOT

_PATIENCE = 180  # seconds


def run() -> dict[str, Any]:
    """`first` makes a new folder, the model included; `second` is the middle of three starts on it."""
    with tempfile.TemporaryDirectory(prefix="nichewise-bench-") as folder:
        var = Path(folder) / "var"
        first = _start(var)
        again = [_start(var) for _ in range(3)]
    middle = sorted(again, key=lambda start: start["ready_s"])[1]
    return {"first": first, "second": middle}


def _start(var: Path) -> dict[str, float]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "NICHEWISE_VAR_DIR": str(var), "NICHEWISE_PORT": str(port), "NICHEWISE_DEMO": "0"}
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, "app.py"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        page = _until(f"http://127.0.0.1:{port}/", process, started)
        ready = _until(f"http://127.0.0.1:{port}/api/ready", process, started)
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        memory = sum(member.memory_info().rss for member in family)
        return {
            "page_s": round(page, 2),
            "ready_s": round(ready, 2),
            "memory_mb": round(memory / 2**20),
            "app_memory_mb": round(family[0].memory_info().rss / 2**20),
        }
    finally:
        process.terminate()
        process.wait(30)


def _until(url: str, process: subprocess.Popen[bytes], started: float) -> float:
    """Seconds from `started` until `url` answers 200."""
    while process.poll() is None and time.perf_counter() - started < _PATIENCE:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own loopback address
                if answer.status == 200:
                    return time.perf_counter() - started
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise RuntimeError(f"{url} did not answer; the process says {process.poll()}")


def report(result: dict[str, Any]) -> str:
    rows = [[name, *start.values()] for name, start in result.items()]
    return table(["start", "sign-in page, s", "ready, s", "memory, MB", "of it the app, MB"], rows)
