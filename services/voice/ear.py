"""Recordings are read in a niced child process with limits: a crash or a bomb costs one recording, never the app."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from core import errors, pipes
from core.entities.voice import Transcript
from core.errors import NichewiseError, ParseFailed, Unavailable
from core.settings import ROOT
from services.voice.listening import receive, send
from services.voice.weights import Weights

TOO_SLOW = (
    "To recognise this recording took longer than the limit of %(seconds)s s. Record less, or ask an administrator for "
    "a smaller speech model."
)
STOPPED = (
    "The recording made its reader stop: it is damaged, or the speech model needs more memory than the limit of "
    "%(megabytes)s MB. Record it again."
)
BUSY = "Many people speak or listen right now. Try again in a minute."
_SECONDS = 300  # for one recording
_FETCH_SECONDS = 1800  # for one by a model that may have to be fetched first
_IDLE_SECONDS = 300.0
_WAIT_SECONDS = 60.0  # for those before
_MOST_WAITING = 4  # with the one that is being recognised: each takes a thread of the server
_LIBRARIES_MB, _UNKNOWN_MB, _TIMES = 6_000, 16_000, 4  # of address space, most of which is never touched
# Nothing else: a process that reads hostile files has no use for the keys in the environment.
_ENVIRONMENT = (
    *("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME"),
    *("CUDA_VISIBLE_DEVICES", "HF_ENDPOINT", "HF_HOME", "HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE"),
)

log = logging.getLogger(__name__)


class Ear:
    """One child, started by the first recording and again after a crash, a rest, or for another model.

    Safe to call from several threads: they take turns, since one recording uses all cores. `find` says with which
    model; a child that has had nothing to do for `idle` seconds ends and gives its memory back.
    """

    def __init__(
        self,
        find: Callable[[], Weights | None],
        most_seconds: int,
        *,
        seconds: float = _SECONDS,
        idle: float = _IDLE_SECONDS,
        memory_mb: int | None = None,
    ) -> None:
        self._find, self._most_seconds = find, most_seconds
        self._seconds, self._idle, self._memory_mb = seconds, idle, memory_mb
        self._turn, self._places = threading.Lock(), threading.BoundedSemaphore(_MOST_WAITING)
        self._child: subprocess.Popen[bytes] | None = None
        self._orders: dict[str, Any] = {}
        self._used = self._closed = False

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def hear(self, recording: bytes, language: str | None) -> Transcript:
        """What was said, by the model of this machine; `language` None leaves it to the model to tell which."""
        weights = self._find()
        if weights is None:
            raise Unavailable
        weights.check()
        answer, _ = self._in_turn(weights, {"do": "hear", "language": language}, recording)
        return Transcript(answer["text"], answer["language"], answer["seconds"], "whisper")

    def clean(self, recording: bytes) -> tuple[bytes, float]:
        """The recording as a WAV of 16 kHz and one channel, b"" where nobody speaks; and its seconds."""
        answer, wav = self._in_turn(self._find(), {"do": "clean"}, recording)
        return wav, answer["seconds"]

    def close(self) -> None:
        """End the child, in the middle of a recording too; that one and later ones raise Unavailable."""
        self._closed = True
        if (child := self._child) is not None:
            child.kill()
        with self._turn:
            self._stop()

    def _in_turn(
        self, weights: Weights | None, request: dict[str, Any], recording: bytes
    ) -> tuple[dict[str, Any], bytes]:
        with self._turn_of_mine():
            try:
                answer, body = self._ask(weights, request, recording)
            except _Ended as ended:
                if not ended.retry:
                    raise ended.error from ended
                answer, body = self._again(weights, request, recording)
        if "error" in answer:
            raise self._error(answer)
        return answer, body

    @contextmanager
    def _turn_of_mine(self) -> Iterator[None]:
        if not self._places.acquire(blocking=False):
            raise Unavailable(BUSY)
        try:
            if not self._turn.acquire(timeout=_WAIT_SECONDS):
                raise Unavailable(BUSY)
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._places.release()

    def _again(
        self, weights: Weights | None, request: dict[str, Any], recording: bytes
    ) -> tuple[dict[str, Any], bytes]:
        try:
            return self._ask(weights, request, recording)
        except _Ended as ended:
            raise ended.error from ended

    def _ask(self, weights: Weights | None, request: dict[str, Any], recording: bytes) -> tuple[dict[str, Any], bytes]:
        if self._closed:
            raise Unavailable
        child, used_before = self._running(weights), self._used
        self._used = True
        assert child.stdin is not None  # noqa: S101 - it was started with both pipes
        assert child.stdout is not None  # noqa: S101
        limit = _FETCH_SECONDS if weights is not None and weights.named and not used_before else self._seconds
        late = threading.Event()

        def end() -> None:
            late.set()
            child.kill()

        timer = threading.Timer(limit, end)
        timer.start()
        try:
            send(child.stdin, request, recording)
            return receive(child.stdout)
        except (BrokenPipeError, EOFError) as error:
            code = child.wait()
            self._stop()
            if late.is_set():
                raise _Ended(Unavailable(TOO_SLOW, seconds=round(limit)), retry=False) from error
            log.warning("A recording ended its reader with code %s", code)
            # One that has worked before may have gone to rest just now.
            raise _Ended(ParseFailed(STOPPED, megabytes=self._orders["memory_mb"]), retry=used_before) from error
        finally:
            timer.cancel()

    def _running(self, weights: Weights | None) -> subprocess.Popen[bytes]:
        orders = {
            "weights": asdict(weights) | {"models": str(weights.models)} if weights else None,
            "most_seconds": self._most_seconds,
            "idle": self._idle,
            "memory_mb": self._memory_mb or _room(weights),
        }
        if self._child is None or self._child.poll() is not None or orders != self._orders:
            self._stop()
            self._orders, self._used = orders, False
            self._child = subprocess.Popen(
                [sys.executable, "-m", "services.voice.listening", str(os.getpid())],
                cwd=ROOT,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ} | {"PYTHONUTF8": "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            assert self._child.stdin is not None  # noqa: S101
            send(self._child.stdin, orders)
        return self._child

    def _stop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            pipes.end(child)

    def _error(self, answer: dict[str, Any]) -> NichewiseError:
        if answer["error"] == "MemoryError":
            return ParseFailed(STOPPED, megabytes=self._orders["memory_mb"])
        kind: type[NichewiseError] = getattr(errors, answer["error"])
        return kind(answer["sentence"], **answer["values"])


class _Ended(Exception):
    """The child is gone; `retry`: another one may do better."""

    def __init__(self, error: NichewiseError, retry: bool) -> None:
        super().__init__(error.template)
        self.error, self.retry = error, retry


def _room(weights: Weights | None) -> int:
    """Megabytes of address space that the child may have."""
    if weights is None:
        return _LIBRARIES_MB
    size = weights.megabytes if Path(weights.where).is_dir() else None
    return _UNKNOWN_MB if size is None else _LIBRARIES_MB + _TIMES * size
