"""One process of `rag.readers`: asked a request at a time, and why it ended where it gave no answer."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Timer
from typing import Any

from rag.readers import Limits

log = logging.getLogger(__name__)

TOOK_TOO_LONG = "Reading the file took longer than the limit of %(seconds)s s. Split it and upload the parts."
TOO_MUCH_WORK = (
    "Reading the file took more computing time than the limit of %(seconds)s s. Split it and upload the parts."
)
TOO_MUCH_MEMORY = (
    "Reading the file needs more memory than the limit of %(megabytes)s MB. Split it and upload the parts."
)
ABORTED = (
    "The file made its reader stop: it needs more memory than the limit of %(megabytes)s MB, or it is damaged. "
    "Split it, or save it again, and upload it."
)
CRASHED = "The file made its reader stop; it is probably damaged. Open it, save it again and upload the new copy."

_ROOT = Path(__file__).resolve().parent.parent
# Nothing else: a process that reads hostile files has no use for the keys in the environment.
_ENVIRONMENT = (
    *("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME"),
    "TESSDATA_PREFIX",
)

# numpy, which openpyxl imports, would reserve memory for a thread per core; Tesseract is slower with more than one.
_ADDED = {"PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}


class Stopped(Exception):
    """The child ended without an answer; `sentence` and `values` say why, `retry` that another may do better."""

    def __init__(self, sentence: str, retry: bool = False, **values: Any) -> None:
        super().__init__(sentence)
        self.sentence, self.retry, self.values = sentence, retry, values


class Child:
    """Reads in a niced process with limits; used by one thread at a time, but for `end`."""

    def __init__(self) -> None:
        self.files = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rag.readers", str(os.getpid())],
            cwd=_ROOT,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | _ADDED,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, request: dict[str, Any], limits: Limits) -> dict[str, Any]:
        """The child's answer; raises Stopped where a limit or the file ended it."""
        used_before = self.files > 0
        self.files += 1
        late: list[bool] = []

        def end() -> None:
            late.append(True)
            self._process.kill()

        timer = Timer(limits.seconds, end)
        timer.start()
        try:
            line = self._exchange(json.dumps(request))
        finally:
            timer.cancel()
        if late:
            raise Stopped(TOOK_TOO_LONG, seconds=limits.seconds)
        answer: dict[str, Any] = json.loads(line) if line.endswith("\n") else self._ending(limits, used_before)
        if answer.get("memory"):
            raise Stopped(TOO_MUCH_MEMORY, retry=used_before, megabytes=limits.memory_mb)
        return answer

    def _exchange(self, request: str) -> str:
        """The answer's line, or "" where the child is gone."""
        assert self._process.stdin is not None  # noqa: S101  for the type checker
        assert self._process.stdout is not None  # noqa: S101
        try:
            self._process.stdin.write(request + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return ""
        return self._process.stdout.readline()

    def _ending(self, limits: Limits, used_before: bool) -> dict[str, Any]:
        code = self._process.wait()
        log.warning("A file ended its reader with code %s", code)
        if code == -signal.SIGXCPU:
            raise Stopped(TOO_MUCH_WORK, seconds=limits.cpu_seconds)
        if code == -signal.SIGKILL:  # the system ends the process that needs the most memory
            raise Stopped(TOO_MUCH_MEMORY, retry=used_before, megabytes=limits.memory_mb)
        if code == -signal.SIGABRT:  # what PDFium does where it gets no more memory, and any library with a broken heap
            raise Stopped(ABORTED, retry=used_before, megabytes=limits.memory_mb)
        raise Stopped(CRASHED, retry=used_before)

    def end(self) -> None:
        """May be called from another thread than the one that asks."""
        self._process.kill()

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()
