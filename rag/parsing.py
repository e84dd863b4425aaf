"""Uploaded files are read and drawn in child processes: a crash, a bomb or an endless file costs that one document.

A child reads many files, since starting one takes as long as reading dozens of small ones; it is replaced where a
file ended it or made it grow, and after `_FILES_PER_CHILD` files.
"""

from __future__ import annotations

import atexit
import base64
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any

from core import errors
from core.entities.reading import Parsed
from core.errors import NichewiseError, ParseFailed
from rag.readers import Limits, finished, ocr, suffix_of, written
from rag.reading_child import Child, Stopped

__all__ = ["Limits", "Parser", "page_png", "parse"]

log = logging.getLogger(__name__)

_FILES_PER_CHILD = 500
_DRAWING = Limits(cpu_seconds=20, seconds=30)
_RENDERING_S = 30  # besides the recognition itself

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


class Parser:
    """Up to `children` processes that read files; `close` ends them."""

    def __init__(self, children: int = 2) -> None:
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._closed = False
        self._lock = Lock()
        self._free = BoundedSemaphore(children)
        # A child dies with the thread that started it, so one thread that outlives every caller starts them all.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="parser-start")

    def parse(self, path: Path, filename: str, limits: Limits, report: Report = lambda _done, _total: None) -> Parsed:
        """As the function `parse`; pages that are pictures are recognised one by one, and `report` hears of each."""
        suffix_of(filename)
        request = {"path": str(path.absolute()), "filename": filename}
        parsed = written.parsed(self._done({"do": "read", **request}, limits))
        pictures = parsed.unread[: limits.pictures] if parsed.unread and ocr.available() else ()
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
        """As the function `page_png`, within `limits`."""
        request = {"do": "draw", "path": str(path.absolute()), "page": page, "passage": passage}
        return base64.b64decode(self._done(request, limits)["png"])

    @property
    def closed(self) -> bool:
        return self._closed

    def tables(
        self, blocks: Path, into: Path, filename: str, corrections: Sequence[tuple[str, str, str]], limits: Limits
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
                answer = self._asked(request, limits)
            except Stopped as stopped:
                raise ParseFailed(stopped.sentence, **stopped.values) from stopped
        if "error" in answer:
            raise _error(answer)
        return answer

    def _asked(self, request: dict[str, Any], limits: Limits) -> dict[str, Any]:
        """Of a fresh child once more, where the files that another read before may be to blame."""
        try:
            return self._ask(self._take(), request, limits)
        except Stopped as stopped:
            if not stopped.retry:
                raise
        return self._ask(self._start(), request, limits)

    def _take(self) -> Child:
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.alive:
                    return child
                child.kill()
        return self._start()

    def _start(self) -> Child:
        return self._starter.submit(Child).result()

    def _ask(self, child: Child, request: dict[str, Any], limits: Limits) -> dict[str, Any]:
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


def _error(answer: dict[str, Any]) -> NichewiseError:
    if answer["trace"]:
        log.info("A reader failed:\n%s", answer["trace"])
    kind: type[NichewiseError] = getattr(errors, answer["error"])
    return kind(answer["sentence"], **answer["values"])
