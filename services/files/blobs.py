"""Files as they were uploaded and what parsing made of them, content-addressed, on any fsspec file system."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from core.errors import BadInput, NotFound, TooLarge, Unavailable

PIECE = 1 << 20  # bytes in memory at once while a file streams in
MISSING = "The file of this document is missing. Upload it again."
_FULL = (errno.ENOSPC, errno.EDQUOT)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Received:
    """Bytes that have streamed in under a temporary name; `Blobs.keep` gives them their own."""

    temporary: str
    sha256: str
    size: int
    head: bytes  # the first bytes, for recognising the format


class Blobs:
    """Keys are SHA-256 in hex (64 characters). Originals never change; what is derived from one has a suffix."""

    def __init__(self, url: str) -> None:
        from fsspec.core import url_to_fs

        self._fs, root = url_to_fs(url)
        self._root = str(root).rstrip("/")
        self._local = "file" in self._protocols()

    def _protocols(self) -> tuple[str, ...]:
        protocol = self._fs.protocol
        return (protocol,) if isinstance(protocol, str) else tuple(protocol)

    def _path(self, sha256: str, suffix: str = "") -> str:
        return f"{self._root}/{sha256[:2]}/{sha256}{suffix}"

    # --- writing ----------------------------------------------------------------------------------------------------

    def receive(self, stream: BinaryIO, limit: int) -> Received:
        """Streams to a temporary name; `TooLarge` beyond `limit` bytes, `BadInput` when there are none.

        The caller must `keep` or `discard` what it gets; after an error nothing is left.
        """
        temporary = f"{self._root}/incoming/{uuid4().hex}"
        try:
            with self._writing(temporary) as target:
                received = _copy(stream, target, temporary, limit)
            if not received.size:
                raise BadInput("The file is empty.")
        except BaseException:
            self._remove(temporary)
            raise
        return received

    def keep(self, received: Received) -> None:
        """Gives received bytes their content's name, all at once; they may be there already."""
        final = self._path(received.sha256)
        if self._fs.exists(final):
            self.discard(received)
            return
        self._rename(received.temporary, final)

    def discard(self, received: Received) -> None:
        """Also what was kept, which stays."""
        self._remove(received.temporary)

    def open_received(self, received: Received) -> BinaryIO:
        """The bytes that have streamed in; the caller closes the stream."""
        stream: BinaryIO = self._fs.open(received.temporary, "rb")
        return stream

    # --- set aside: what is no document itself, such as an archive that is being expanded -----------------------------

    def set_aside(self, received: Received, name: str) -> None:
        self._rename(received.temporary, f"{self._root}/aside/{name}")

    def open_aside(self, name: str) -> BinaryIO:
        """The caller closes the stream; `NotFound` with a sentence when it is gone."""
        try:
            stream: BinaryIO = self._fs.open(f"{self._root}/aside/{name}", "rb")
        except FileNotFoundError as error:
            raise NotFound(MISSING) from error
        return stream

    def remove_aside(self, name: str) -> None:
        self._remove(f"{self._root}/aside/{name}")

    def prune_aside(self, than: timedelta) -> int:
        """Removes what was set aside longer ago; returns how many there were."""
        folder = f"{self._root}/aside"
        found = self._fs.ls(folder, detail=False) if self._fs.exists(folder) else []
        old = [path for path in map(str, found) if self._older(path, than)]
        for path in old:
            self._remove(path)
        return len(old)

    def put(self, content: bytes) -> str:
        """Stores small `content` and returns its SHA-256."""
        sha256 = hashlib.sha256(content).hexdigest()
        if not self.exists(sha256):
            self._write(self._path(sha256), content)
        return sha256

    def put_derived(self, sha256: str, suffix: str, content: bytes) -> None:
        """Keeps something made from an original, compressed; replaces what was there."""
        self._write(self._path(sha256, suffix), gzip.compress(content, compresslevel=1))

    def _write(self, final: str, content: bytes) -> None:
        temporary = f"{self._root}/incoming/{uuid4().hex}"
        with self._writing(temporary) as target:
            target.write(content)
        self._rename(temporary, final)

    def _rename(self, path: str, final: str) -> None:
        move = os.replace if self._local else self._fs.mv  # fsspec's own looks at both paths before and after
        self._in_folder(final, lambda: move(path, final))

    def _in_folder(self, path: str, action: Callable[[], Any]) -> Any:
        """`action`, which needs the folder of `path`; that is there but for the first time."""
        try:
            return action()
        except FileNotFoundError:
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            return action()

    @contextmanager
    def _writing(self, path: str) -> Iterator[Any]:
        try:
            with self._in_folder(path, lambda: self._fs.open(path, "wb")) as target:
                yield target
        except OSError as error:
            if error.errno in _FULL:
                raise Unavailable("The disk is full: the file was not stored. Tell an administrator.") from error
            raise

    # --- reading ----------------------------------------------------------------------------------------------------

    def exists(self, sha256: str) -> bool:
        return bool(self._fs.exists(self._path(sha256)))

    def open(self, sha256: str) -> BinaryIO:
        """The original's bytes as a stream that the caller closes; `NotFound` with a sentence when it is gone."""
        try:
            stream: BinaryIO = self._fs.open(self._path(sha256), "rb")
        except FileNotFoundError as error:
            raise NotFound(MISSING) from error
        return stream

    def derived(self, sha256: str, suffix: str) -> bytes | None:
        try:
            with self._fs.open(self._path(sha256, suffix), "rb") as source:
                return gzip.decompress(source.read())
        except FileNotFoundError:
            return None

    @contextmanager
    def local(self, sha256: str) -> Iterator[Path]:
        """A path of this machine with the original's bytes: the blob itself, or a copy that ends with the block.

        `NotFound` with a sentence when the original is gone.
        """
        if not self.exists(sha256):
            raise NotFound(MISSING)
        if self._local:
            yield Path(self._path(sha256))
            return
        with tempfile.NamedTemporaryFile(prefix="nichewise-") as copy:
            with self.open(sha256) as source:
                shutil.copyfileobj(source, copy, PIECE)
            copy.flush()
            yield Path(copy.name)

    # --- removing ---------------------------------------------------------------------------------------------------

    def remove(self, sha256: str) -> int:
        """Removes the original and all that was derived from it; returns how many files there were."""
        folder = self._path(sha256).rpartition("/")[0]
        self._fs.invalidate_cache(folder)
        if not self._fs.exists(folder):
            return 0
        found = [str(path) for path in self._fs.ls(folder, detail=False) if f"/{sha256}" in str(path)]
        for path in found:
            self._remove(path)
        return len(found)

    # --- looking after ----------------------------------------------------------------------------------------------

    def originals(self) -> dict[str, int]:
        """SHA-256 -> bytes of every original."""
        found = self._fs.find(self._root, detail=True) if self._fs.exists(self._root) else {}
        names = {str(path).rpartition("/")[2]: int(info.get("size") or 0) for path, info in found.items()}
        return {name: size for name, size in names.items() if _SHA256.fullmatch(name)}

    def older(self, sha256: str, than: timedelta) -> bool:
        """Whether the original was stored longer ago; False when it is gone."""
        return self._older(self._path(sha256), than)

    def left_behind(self, than: timedelta) -> list[str]:
        """Temporary files that nobody has written to for so long, as a crash leaves them."""
        folder = f"{self._root}/incoming"
        if not self._fs.exists(folder):
            return []
        self._fs.invalidate_cache(folder)
        return [path for path in map(str, self._fs.ls(folder, detail=False)) if self._older(path, than)]

    def remove_temporary(self, path: str) -> None:
        self._remove(path)

    def _older(self, path: str, than: timedelta) -> bool:
        with suppress(FileNotFoundError):
            return bool(datetime.now(UTC) - self._fs.modified(path) > than)
        return False

    def _remove(self, path: str) -> None:
        with suppress(FileNotFoundError):  # gone is what was wanted
            self._fs.rm(path)


def _copy(stream: BinaryIO, target: BinaryIO, temporary: str, limit: int) -> Received:
    digest, size, head = hashlib.sha256(), 0, b""
    while piece := stream.read(PIECE):
        size += len(piece)
        if size > limit:
            raise TooLarge(limit=f"{limit >> 20} MB")
        head = head or piece[:1024]
        digest.update(piece)
        target.write(piece)
    return Received(temporary, digest.hexdigest(), size, head)
