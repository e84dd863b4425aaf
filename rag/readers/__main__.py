"""The process that reads files and draws their pages for `rag.parsing`: a request per line in, an answer per line out.

It is niced, bounded in memory and computing time, and dies with its parent. Answers are JSON, never pickles: what comes
out of a process that hostile files have been through is not to be trusted with more.
"""

from __future__ import annotations

import base64
import contextlib
import ctypes
import io
import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core import pipes
from core.errors import NichewiseError
from rag.readers import layers, ocr, suffix_of, written
from rag.readers.limits import Limits

_NICER = 10
_PR_SET_PDEATHSIG = 1
_MEGABYTE = 1_000_000
_NEAR_THE_LIMIT = 0.9


def main() -> None:
    parent = int(sys.argv[1])
    os.nice(_NICER)
    _die_with(parent)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = io.TextIOWrapper(pipes.claim_standard_output(), encoding="utf-8")
    for line in sys.stdin:
        try:
            answer = json.dumps(_answer(json.loads(line)) | {"peak_mb": _peak_mb()}, ensure_ascii=False)
        except MemoryError:
            answer = '{"memory": true}'
        answers.write(f"{answer}\n")
        answers.flush()


def _die_with(parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before it could be watched
        sys.exit(0)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    limits = Limits(**request["limits"])
    _bound(limits)
    try:
        return _DONE[request["do"]](Path(request["path"]), request, limits)
    except NichewiseError as error:
        # A library that gets no memory may call the file damaged instead.
        if error.__cause__ is not None and _peak_mb() > _NEAR_THE_LIMIT * limits.memory_mb:
            raise MemoryError from error
        trace = "".join(traceback.format_exception(error.__cause__)) if error.__cause__ else ""
        return {"error": type(error).__name__, "sentence": error.template, "values": error.values, "trace": trace}


def _bound(limits: Limits) -> None:
    """Computing time is counted per process and this one reads many files, so its limit moves on with each."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(usage.ru_utime + usage.ru_stime) + 1
    _set_soft(resource.RLIMIT_CPU, spent + limits.cpu_seconds)
    if sys.platform == "linux":
        _set_soft(resource.RLIMIT_AS, limits.memory_mb * _MEGABYTE)


def _set_soft(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _peak_mb() -> float:
    """The most address space that this process has had."""
    with contextlib.suppress(OSError), open("/proc/self/status", encoding="ascii", errors="replace") as status:
        for line in status:
            if line.startswith("VmPeak:"):
                return int(line.split()[1]) * 1024 / _MEGABYTE
    return 0.0


def _read(path: Path, request: dict[str, Any], limits: Limits) -> dict[str, Any]:
    return written.values(layers(path, request["filename"], limits))


def _recognise(path: Path, request: dict[str, Any], limits: Limits) -> dict[str, Any]:
    return {"text": ocr.page_text(path, suffix_of(request["filename"]), request["page"], limits)}


def _draw(path: Path, request: dict[str, Any], _limits: Limits) -> dict[str, Any]:
    from rag.highlight import page_png  # brings Pillow, which few readers need

    return {"png": base64.b64encode(page_png(path, request["page"], request["passage"])).decode()}


def _tables(path: Path, request: dict[str, Any], _limits: Limits) -> dict[str, Any]:
    from rag.tables import written as tables

    return {"tables": tables.write(path, Path(request["into"]), request["filename"], request["corrections"])}


_DONE: Mapping[str, Callable[[Path, dict[str, Any], Limits], dict[str, Any]]] = {
    "read": _read,
    "recognise": _recognise,
    "draw": _draw,
    "tables": _tables,
}


if __name__ == "__main__":
    main()
