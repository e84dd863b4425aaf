"""The place where uploaded files are kept, as a backup sees it: paths, sizes and bytes, on any fsspec file system."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

_PIECE = 1 << 20  # bytes
_UNFINISHED = "incoming/"  # uploads that are still streaming in


class Files:
    """Keys are paths below the place: `ab/ab34…` for an original, with a suffix for what was derived from it."""

    def __init__(self, url: str) -> None:
        from fsspec.core import url_to_fs

        self._fs, root = url_to_fs(url)
        self._root = str(root).rstrip("/")

    def sizes(self) -> dict[str, int]:
        """Path -> bytes, as of now."""
        self._fs.invalidate_cache()
        found: dict[str, Any] = self._fs.find(self._root, detail=True) if self._fs.exists(self._root) else {}
        paths = {str(path)[len(self._root) + 1 :]: int(info.get("size") or 0) for path, info in found.items()}
        return {path: size for path, size in paths.items() if not path.startswith(_UNFINISHED)}

    @contextmanager
    def open(self, path: str) -> Iterator[IO[bytes] | None]:
        """None where it was removed meanwhile."""
        try:
            source = self._fs.open(f"{self._root}/{path}", "rb")
        except FileNotFoundError:
            yield None
            return
        with source:
            yield source

    def put(self, path: str, source: IO[bytes]) -> None:
        """All at once: what was broken off lies under another name."""
        final, scratch = f"{self._root}/{path}", f"{self._root}/{_UNFINISHED}{path.replace('/', '-')}"
        for folder in (final, scratch):
            self._fs.makedirs(folder.rpartition("/")[0], exist_ok=True)
        try:
            with self._fs.open(scratch, "wb") as target:
                while piece := source.read(_PIECE):
                    target.write(piece)
            self._fs.mv(scratch, final)
        except BaseException:
            with suppress(OSError):
                self._fs.rm(scratch)
            raise

    @property
    def folder(self) -> Path | None:
        """Where it is a folder of this machine."""
        protocol = self._fs.protocol
        return Path(self._root) if "file" in ((protocol,) if isinstance(protocol, str) else protocol) else None


def free(folder: Path) -> int:
    """Bytes on the disk of `folder`, which need not be there yet."""
    while not folder.exists():
        folder = folder.parent
    room = os.statvfs(folder)
    return room.f_bavail * room.f_frsize
