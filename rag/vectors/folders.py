"""What Chroma keeps on disk: a folder of vectors per collection, which it leaves behind when that is dropped."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import UUID

_VECTOR_SEGMENTS = """
    SELECT collections.name, segments.id FROM segments JOIN collections ON collections.id = segments.collection
    WHERE segments.scope = 'VECTOR'
"""


def segments(root: Path) -> dict[str, Path]:
    """Name of a collection -> the folder of its vectors; it need not be there while the collection is small."""
    database = root / "chroma.sqlite3"
    if not database.exists():
        return {}
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        return {name: root / segment for name, segment in connection.execute(_VECTOR_SEGMENTS)}


def loose(root: Path) -> list[Path]:
    """Folders of vectors that belong to no collection any more."""
    known = set(segments(root).values())
    return [path for path in root.glob("*-*-*-*-*") if path.is_dir() and _is_id(path.name) and path not in known]


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def size(folder: Path) -> int:
    """Bytes of the files in a folder, 0 when there is none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _is_id(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True
