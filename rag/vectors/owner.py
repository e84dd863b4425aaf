"""The process that owns a folder of vectors: `python -m rag.vectors.owner FOLDER SOCKET...`; `apart` starts it.

Chroma's binding holds the interpreter's lock for the whole of a write (40 ms and 0.2 ms a vector): in a process of its
own it holds up no page. Each socket is served by a thread: a request is the name of a method of `Shelf` and its
arguments, an answer what it returned, or the name and the words of its error. The process lives until its sockets are
closed: where the parent was killed it finishes what it is at, and only then does the next one get the folder.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

OWNED, TAKEN = "owned", "taken"
_PATIENCE = 5.0  # seconds for the process of a killed parent to finish


class Shelf:
    """Collections of ids and vectors in a folder, by name; `NotFoundError` of chromadb for a name that is not there."""

    def __init__(self, folder: Path) -> None:
        import chromadb
        from chromadb.config import Settings

        self._client: Any = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
        self._opened: dict[str, Any] = {}

    def names(self) -> list[str]:
        return [one.name for one in self._client.list_collections()]

    def find(self, name: str) -> None:
        self._opened[name] = self._client.get_collection(name, embedding_function=None)

    def make(self, name: str, configuration: Any) -> None:
        """Does nothing more than `find` where it is there already."""
        made = self._client.get_or_create_collection(name, configuration=configuration, embedding_function=None)
        self._opened[name] = made

    def remove(self, name: str) -> None:
        self._opened.pop(name, None)
        self._client.delete_collection(name)

    def upsert(self, name: str, ids: list[str], vectors: NDArray[np.float32]) -> None:
        self._collection(name).upsert(ids=ids, embeddings=vectors)

    def delete(self, name: str, ids: list[str]) -> None:
        self._collection(name).delete(ids=ids)

    def get(self, name: str, ids: list[str] | None) -> list[str]:
        """Those of `ids` (None: of all) that are there."""
        return list(self._collection(name).get(ids=ids, include=[])["ids"])

    def query(self, name: str, vector: Sequence[float], k: int) -> tuple[list[str], list[float]]:
        """The `k` nearest ids and their distances, nearest first."""
        near = self._collection(name).query(query_embeddings=[vector], n_results=k, include=["distances"])
        return near["ids"][0], near["distances"][0]

    def count(self, name: str) -> int:
        return int(self._collection(name).count())

    def close(self) -> None:
        self._client.close()

    def _collection(self, name: str) -> Any:
        if name not in self._opened:
            self.find(name)
        return self._opened[name]


def _serve(shelf: Shelf, socket: Connection) -> None:
    """Answers until the other end is closed."""
    while True:
        try:
            method, arguments = socket.recv()
        except (EOFError, OSError):
            return
        answer: tuple[bool, Any]
        try:
            answer = True, getattr(shelf, method)(*arguments)
        except Exception as error:  # whatever Chroma says goes to who asked
            answer = False, (type(error).__name__, str(error))
        try:
            socket.send(answer)
        except OSError:  # nobody waits for it any more
            return


def main() -> None:
    folder, *handles = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl+C goes to the parent, which still has to write
    sockets = [Connection(int(handle)) for handle in handles]
    lock = FileLock(Path(folder) / ".owner")
    try:
        lock.acquire(timeout=_PATIENCE)
    except Timeout:
        sockets[0].send(TAKEN)
        return
    shelf = Shelf(Path(folder))
    sockets[0].send(OWNED)
    threads = [threading.Thread(target=_serve, args=(shelf, socket)) for socket in sockets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shelf.close()
    lock.release()


if __name__ == "__main__":
    main()
