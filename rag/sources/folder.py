"""A folder of this machine: every file in it, by its path; those that no reader knows are told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import BinaryIO

from core.entities.sources import Broken, Record
from core.errors import SourceFailed
from rag.readers import supported
from rag.sources.base import Config, Records, Surroundings, short_key

NOT_READ = "Files of this format cannot be read. Convert it, or leave it out by a pattern."
UNREADABLE = "The file cannot be read."


class FolderConfig(Config):
    """`pattern`: which files, such as `*.pdf, reports/*`; empty: all of them."""

    path: str
    pattern: str = ""


def read(config: FolderConfig, around: Surroundings) -> Records:
    folder = around.below_roots(config.path)
    if not folder.is_dir():
        raise SourceFailed("There is no folder %(path)s.", path=config.path)
    patterns = [one.strip() for one in config.pattern.split(",") if one.strip()]
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if _wanted(name, patterns):
            yield _record(path, name) if path.suffix.lower() in supported() else Broken(_key(name), NOT_READ)


def _files(folder: Path) -> Iterator[Path]:
    """In one order; hidden files and symbolic links are left out."""
    for where, folders, files in os.walk(folder, onerror=_unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths = (Path(where, name) for name in sorted(files) if not name.startswith("."))
        yield from (path for path in paths if path.is_file() and not path.is_symlink())


def _unreadable(error: OSError) -> None:
    """A folder that cannot be listed ends the run: what is in it must not count as gone."""
    raise SourceFailed("The folder %(path)s cannot be read.", path=error.filename) from error


def _wanted(name: str, patterns: list[str]) -> bool:
    return not patterns or any(fnmatch(name, one) or fnmatch(name.rpartition("/")[2], one) for one in patterns)


def _key(name: str) -> str:
    return short_key(name.encode("utf-8", "replace").decode())


def _record(path: Path, name: str) -> Record | Broken:
    key = _key(name)
    try:
        state = path.stat()
    except OSError:
        return Broken(key, UNREADABLE)
    changed = datetime.fromtimestamp(state.st_mtime, UTC).isoformat()
    return Record(key, path.name, f"{changed}, {state.st_size} B", partial(_open, path))


def _open(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
