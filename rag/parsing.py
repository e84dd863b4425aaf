"""Uploaded files are read and drawn in child processes: a crash, a bomb or an endless file costs that one document.

A child reads many files, since starting one takes as long as reading dozens of small ones; it is replaced where a
file ended it or made it grow, and after `_FILES_PER_CHILD` files.
"""

from __future__ import annotations

import atexit
import base64
import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore, Lock, Timer
from typing import Any

from core import errors
from core.entities.reading import Parsed
from core.errors import NichewiseError, ParseFailed
from rag.readers import Limits, finished, ocr, suffix_of, written

__all__ = ["Limits", "Parser", "page_png", "parse"]

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
_FILES_PER_CHILD = 500
_DRAWING = Limits(cpu_seconds=20, seconds=30)
_RENDERING_S = 30  # besides the recognition itself
# Nothing else: a process that reads hostile files has no use for the keys in the environment.
_ENVIRONMENT = (
    *("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME"),
    "TESSDATA_PREFIX",
)

# numpy, which openpyxl imports, would reserve memory for a thread per core; Tesseract is slower with more than one.
_ADDED = {"PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}

Report = Callable[[int, int], None]
"""Told how many pages of a document are read, of how many, while its pictures are recognised; may raise to end it."""


def parse(path: Path, filename: str, limits: Limits | None = None) -> Parsed:
    """What is in the file at `path`, read as its `filename` says, by a child process with `limits`.

    May be called from several threads. Raises UnsupportedFormat, or ParseFailed with a sentence for the uploader that
    names the limit if one was met.
    """
    return _parser("read", 2).parse(path, filename, limits or Limits())


def page_png(path: Path, page: int, passage: str) -> bytes:
    """`rag.highlight.page_png`, done by a child of its own: somebody waits for it, so it never stands behind an upload.

    Raises NotFound where there is no such page, ParseFailed where the file ends its reader.
    """
    return _parser("draw", 1).page_png(path, page, passage, _DRAWING)


@cache
def _parser(_purpose: str, children: int) -> Parser:
    parser = Parser(children)
    atexit.register(parser.close)
    return parser


class _Stopped(Exception):
    """The child ended without an answer; `sentence` and `values` say why."""

    def __init__(self, sentence: str, retry: bool = False, **values: Any) -> None:
        super().__init__(sentence)
        self.sentence, self.retry, self.values = sentence, retry, values


class Parser:
    """Up to `children` processes that read files; `close` ends them."""

    def __init__(self, children: int = 2) -> None:
        self._idle: list[_Child] = []
        self._busy: set[_Child] = set()
        self._closed = False
        self._lock = Lock()
        self._free = BoundedSemaphore(children)
        # A child dies with the thread that started it, so one thread that outlives every caller starts them all.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="parser-start")

    def parse(self, path: Path, filename: str, limits: Limits, report: Report = lambda _done, _total: None) -> Parsed:
        suffix_of(filename)
        request = {"path": str(path.absolute()), "filename": filename}
        parsed = written.parsed(self._done({"do": "read", **request}, limits))
        pictures = parsed.unread[: limits.pictures] if ocr.available() else ()
        # A page at a time: other documents are read in between, and what is slow or breaks costs one page.
        one_page = replace(limits, seconds=limits.page_seconds + _RENDERING_S)
        recognised = {}
        for done, page in enumerate(pictures):
            report(parsed.pages - len(pictures) + done, parsed.pages)
            recognised[page] = self._recognised({"do": "recognise", "page": page, **request}, one_page)
        return finished(parsed, recognised, limits)

    def _recognised(self, request: dict[str, Any], limits: Limits) -> str:
        try:
            return str(self._done(request, limits)["text"])
        except ParseFailed:
            if self._closed:
                raise
            log.warning("Page %s could not be recognised", request["page"], exc_info=True)
            return ""

    def page_png(self, path: Path, page: int, passage: str, limits: Limits) -> bytes:
        request = {"do": "draw", "path": str(path.absolute()), "page": page, "passage": passage}
        return base64.b64decode(self._done(request, limits)["png"])

    @property
    def closed(self) -> bool:
        return self._closed

    def tables(
        self, blocks: Path, into: Path, filename: str, corrections: Sequence[tuple[int, int, str]], limits: Limits
    ) -> int:
        """Writes the typed tables of `blocks` to `into`, as `rag.tables.written` has them; returns how many."""
        places = {"path": str(blocks.absolute()), "into": str(into.absolute())}
        request = {"do": "tables", "filename": filename, "corrections": list(corrections), **places}
        return int(self._done(request, limits)["tables"])

    def close(self) -> None:
        """Ends every child, in the middle of a file if need be; who waits for that one gets an error."""
        self._closed = True
        with self._lock:
            while self._idle:
                self._idle.pop().kill()
            for child in self._busy:
                child.end()
        self._starter.shutdown()

    def _done(self, request: dict[str, Any], limits: Limits) -> dict[str, Any]:
        """A child's answer; its error is raised here."""
        request["limits"] = asdict(limits)
        with self._free:
            try:
                answer = self._ask(self._take(), request, limits)
            except _Stopped as stopped:
                if not stopped.retry:
                    raise ParseFailed(stopped.sentence, **stopped.values) from stopped
                answer = self._ask_fresh(request, limits)
        if "error" in answer:
            raise _error(answer)
        return answer

    def _ask_fresh(self, request: dict[str, Any], limits: Limits) -> dict[str, Any]:
        try:
            return self._ask(self._start(), request, limits)
        except _Stopped as stopped:
            raise ParseFailed(stopped.sentence, **stopped.values) from stopped

    def _take(self) -> _Child:
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.alive:
                    return child
                child.kill()
        return self._start()

    def _start(self) -> _Child:
        return self._starter.submit(_Child).result()

    def _ask(self, child: _Child, request: dict[str, Any], limits: Limits) -> dict[str, Any]:
        kept = False  # also where the child is gone
        with self._lock:
            self._busy.add(child)
        try:
            answer = child.ask(request, limits)
            kept = child.files < _FILES_PER_CHILD and answer["peak_mb"] < limits.memory_mb / 2
        finally:
            with self._lock:
                self._busy.discard(child)
            if kept:
                with self._lock:
                    self._idle.append(child)
            else:
                child.kill()
        return answer


class _Child:
    """One process of `rag.readers`; used by one thread at a time."""

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
        """The child's answer; raises _Stopped where a limit or the file ended it."""
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
            raise _Stopped(TOOK_TOO_LONG, seconds=limits.seconds)
        answer: dict[str, Any] = json.loads(line) if line.endswith("\n") else self._ending(limits, used_before)
        if answer.get("memory"):
            raise _Stopped(TOO_MUCH_MEMORY, retry=used_before, megabytes=limits.memory_mb)
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
            raise _Stopped(TOO_MUCH_WORK, seconds=limits.cpu_seconds)
        if code == -signal.SIGKILL:  # the system ends the process that needs the most memory
            raise _Stopped(TOO_MUCH_MEMORY, retry=used_before, megabytes=limits.memory_mb)
        if code == -signal.SIGABRT:  # what PDFium does where it gets no more memory, and any library with a broken heap
            raise _Stopped(ABORTED, retry=used_before, megabytes=limits.memory_mb)
        raise _Stopped(CRASHED, retry=used_before)

    def end(self) -> None:
        """May be called from another thread than the one that asks."""
        self._process.kill()

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


def _error(answer: dict[str, Any]) -> NichewiseError:
    if answer["trace"]:
        log.info("A reader failed:\n%s", answer["trace"])
    kind: type[NichewiseError] = getattr(errors, answer["error"])
    return kind(answer["sentence"], **answer["values"])
