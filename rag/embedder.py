"""A niced child process that embeds passages while documents go in, so that people keep the cores and the memory.

Protocol over the child's standard input and output: a frame is its length (4 bytes, little endian) and its bytes. The
parent sends the settings, then lists of texts, as JSON; the child answers each list with a status byte and either
raw float32 vectors, row by row, or the sentence of an error.
"""

from __future__ import annotations

import json
import os
import select
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from core import pipes
from core.errors import Unavailable
from core.settings import ROOT, Settings
from rag.embedding import BUILTIN, close_hub, describe

_LENGTH = struct.Struct("<I")
_OK, _REFUSED = b"\x00", b"\x01"
_NICE = 10
_IDLE_SECONDS = 300.0

Vectors = NDArray[np.float32]


class Embedder:
    """Embeds passages in a child of its own, started by the first call and again after a crash or a rest.

    Safe to call from several threads: calls take turns, since one of them uses all cores. `threads` (None: one per
    core) bounds the built-in model; after `idle` seconds without work the child ends and gives its memory back.
    """

    def __init__(self, settings: Settings, *, threads: int | None = None, idle: float = _IDLE_SECONDS) -> None:
        self._settings, self._threads, self._idle = settings, threads, idle
        self._turn = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._aborted = False

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors (n, dimension) in the order of `texts`; Unavailable with a sentence if the model cannot be used."""
        if not texts:
            return np.empty((0, describe(self._settings).dimension), dtype=np.float32)
        with self._turn:
            if self._aborted:
                raise Unavailable
            try:
                return self._ask(texts)
            except (BrokenPipeError, EOFError):  # it crashed, or went to rest just now: a new one gets one try
                self._stop()
            if self._aborted:
                raise Unavailable
            try:
                return self._ask(texts)
            except (BrokenPipeError, EOFError) as error:
                self._stop()
                raise Unavailable(
                    "The embedding process ended unexpectedly twice. Check the memory of the machine."
                ) from error

    def abort(self) -> None:
        """End the child at once, in the middle of a call if there is one; this one and later ones raise Unavailable."""
        self._aborted = True
        if (child := self._child) is not None:
            child.kill()

    def close(self) -> None:
        """End the child; the next `embed` starts another."""
        with self._turn:
            self._stop()

    def _ask(self, texts: Sequence[str]) -> Vectors:
        child = self._running()
        _send(child.stdin, json.dumps(list(texts)).encode())
        answer = _receive(child.stdout)
        status, body = answer[:1], answer[1:]
        if status == _REFUSED:
            sentence, values = json.loads(body)
            raise Unavailable(sentence, **values)
        return np.frombuffer(body, dtype=np.float32).reshape(len(texts), -1)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._stop()
            self._child = subprocess.Popen(
                [sys.executable, "-m", "rag.embedder"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            _send(self._child.stdin, json.dumps(self._orders()).encode())
        return self._child

    def _orders(self) -> dict[str, object]:
        settings = self._settings
        return {
            "settings": {"embedding": settings.embedding, "ollama_url": settings.ollama_url},
            "var_dir": str(settings.var_dir),
            "threads": self._threads,
            "idle": self._idle,
        }

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            pipes.end(child)


def _send(pipe: IO[bytes] | None, frame: bytes) -> None:
    assert pipe is not None  # noqa: S101 -- the child was started with both pipes
    pipe.write(_LENGTH.pack(len(frame)))
    pipe.write(frame)
    pipe.flush()


def _receive(pipe: IO[bytes] | None) -> bytes:
    """One frame; EOFError if the other side ended before it was whole."""
    assert pipe is not None  # noqa: S101
    (length,) = _LENGTH.unpack(pipes.exactly(pipe, _LENGTH.size))
    return pipes.exactly(pipe, length)


# --- in the child ---------------------------------------------------------------------------------------------------


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer until the parent closes the pipe or dies, or nothing comes for the idle time."""
    orders = json.loads(_receive(requests))
    settings = Settings.model_construct(**orders["settings"], var_dir=Path(orders["var_dir"]))
    embed: Callable[[list[str]], Vectors] | None = None
    while select.select([requests], [], [], orders["idle"])[0]:
        texts = json.loads(_receive(requests))
        try:
            embed = embed or _open(settings, orders["threads"])
            answer = _OK + embed(texts).tobytes()
        except Unavailable as error:
            answer = _REFUSED + json.dumps([error.template, error.values]).encode()
        _send(answers, answer)


def _open(settings: Settings, threads: int | None) -> Callable[[list[str]], Vectors]:
    close_hub(settings)
    if describe(settings) == BUILTIN:
        from rag.embedding import builtin

        model = builtin.open_model(settings, threads=1)
        lanes, parent = threads or os.cpu_count() or 1, os.getppid()
        return lambda texts: builtin.embed(model, texts, lambda: _stop_when_orphaned(parent), lanes=lanes)
    from rag.embedding import load

    other = load(settings)
    return lambda texts: np.array(other.get_text_embedding_batch(texts), dtype=np.float32)


def _stop_when_orphaned(parent: int) -> None:
    # Linux's death signal is no use here: it comes when the THREAD that started the child ends, and jobs run in a pool.
    if os.getppid() != parent:
        raise EOFError


def main() -> None:
    os.nice(_NICE)
    answers = pipes.claim_standard_output()
    try:
        _serve(os.fdopen(0, "rb", buffering=0), answers)
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return  # the parent is gone or no longer interested


if __name__ == "__main__":
    main()
