"""A folder of vectors in a process of its own, behind what is needed of chromadb's client and collection."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from core.errors import StartupError
from core.settings import ROOT
from rag.vectors.owner import OWNED

_SOCKETS = 4  # as many calls run side by side
_LAST_CALLS = 30.0  # seconds for them to end before the process is killed


class Apart:
    """chromadb's client over a folder that a child process owns, started by the first call and again after a crash.

    Safe to call from several threads. `StartupError` where another process owns the folder, `ConnectionError` where
    the child crashes twice over one call: each call may be made twice, as all of them may be repeated.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._starting = threading.Lock()
        self._owner: _Owner | None = None

    def open(self) -> None:
        """Takes the folder, unless this one has it already."""
        self._running()

    def list_collections(self) -> list[Collection]:
        return [Collection(self, name) for name in self.ask("names")]

    def get_collection(self, name: str, embedding_function: None) -> Collection:
        self.ask("find", name)
        return Collection(self, name)

    def get_or_create_collection(self, name: str, configuration: Any, embedding_function: None) -> Collection:
        self.ask("make", name, configuration)
        return Collection(self, name)

    def delete_collection(self, name: str) -> None:
        self.ask("remove", name)

    def close(self) -> None:
        """Lets go of the folder once the calls that run have ended."""
        with self._starting:
            if self._owner is not None:
                self._owner.end()
                self._owner = None

    def ask(self, method: str, *arguments: Any) -> Any:
        """What that method of `owner.Shelf` returns."""
        owner = self._running()
        try:
            return owner.ask(method, arguments)
        except (EOFError, OSError):
            self._gone(owner)
        owner = self._running()
        try:
            return owner.ask(method, arguments)
        except (EOFError, OSError) as error:
            self._gone(owner)
            raise ConnectionError("the process that owns the vectors ended twice over one call") from error

    def _running(self) -> _Owner:
        with self._starting:
            if self._owner is None:
                self._owner = _start(self._folder)
            return self._owner

    def _gone(self, owner: _Owner) -> None:
        with self._starting:
            if self._owner is owner:
                self._owner = None
                owner.end()


@dataclass(frozen=True, slots=True)
class Collection:
    """What of chromadb's collection `rag.vectors.store` calls."""

    client: Apart
    name: str

    def upsert(self, ids: list[str], embeddings: Any) -> None:
        self.client.ask("upsert", self.name, ids, embeddings)

    def delete(self, ids: list[str]) -> None:
        self.client.ask("delete", self.name, ids)

    def get(self, ids: list[str] | None, include: list[str]) -> dict[str, list[str]]:
        return {"ids": self.client.ask("get", self.name, ids)}

    def query(
        self, query_embeddings: Sequence[Sequence[float]], n_results: int, **_: Any
    ) -> dict[str, list[list[Any]]]:
        ids, distances = self.client.ask("query", self.name, query_embeddings[0], n_results)
        return {"ids": [ids], "distances": [distances]}

    def count(self) -> int:
        return int(self.client.ask("count", self.name))


@dataclass(frozen=True, slots=True)
class _Owner:
    """A running child; a socket is in `free` unless a call is made over it."""

    process: subprocess.Popen[bytes]
    sockets: list[Connection]
    free: SimpleQueue[Connection]

    def ask(self, method: str, arguments: tuple[Any, ...]) -> Any:
        from chromadb.errors import InternalError, NotFoundError

        socket = self.free.get()
        try:
            socket.send((method, arguments))
            done, answer = socket.recv()
        finally:
            self.free.put(socket)  # also a broken one: who waits for a socket learns from it that the child is gone
        if done:
            return answer
        kind, words = answer
        raise (NotFoundError if kind == NotFoundError.__name__ else InternalError)(words)

    def end(self) -> None:
        ended = [self.free.get() for _ in self.sockets]  # each once its call has ended: at once where the child is gone
        for socket in ended:
            socket.close()
            self.free.put(socket)  # for who still waits for one
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_LAST_CALLS)
        self.process.kill()
        self.process.wait()


def _start(folder: Path) -> _Owner:
    folder.mkdir(parents=True, exist_ok=True)
    pairs = [Pipe() for _ in range(_SOCKETS)]
    theirs = [there.fileno() for _, there in pairs]
    command = [sys.executable, "-m", "rag.vectors.owner", str(folder.resolve()), *map(str, theirs)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, pass_fds=theirs)
    for _, there in pairs:
        there.close()
    sockets = [here for here, _ in pairs]
    free: SimpleQueue[Connection] = SimpleQueue()
    for socket in sockets:
        free.put(socket)
    owner = _Owner(process, sockets, free)
    try:
        owned = sockets[0].recv() == OWNED
    except (EOFError, OSError) as error:
        owner.end()
        raise ConnectionError("the process that owns the vectors did not start") from error
    if not owned:
        owner.end()
        raise StartupError(
            "Another process uses %(folder)s. Stop it, or give this one another NICHEWISE_VAR_DIR.", folder=folder
        )
    return owner
