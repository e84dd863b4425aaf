"""Where the tests' data lies: what is measured on, beside the project; what a run writes, in memory."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from core.settings import ROOT

SHARED_DATA = ROOT.parent / "shared" / "data"

needs_shared_data = pytest.mark.skipif(
    not SHARED_DATA.is_dir(), reason=f"the shared data for tests and measurements is not at {SHARED_DATA}"
)

_MEMORY = Path("/dev/shm")  # Linux keeps it in memory
_PREFIX = "nichewise-tests-"
_ROOM = 6 * 2**30  # bytes; a whole run takes up about one tenth


def memory() -> Path | None:
    """A folder in memory where there is one with room: a database is 700 files, which a disk takes long to make."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM else None


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder in memory if possible, which other users may enter: started by root, PostgreSQL runs as one of them."""
    _forget_the_dead()
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=memory()))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _forget_the_dead() -> None:
    """What runs left in memory that were killed."""
    for folder in _MEMORY.glob(f"{_PREFIX}*"):
        if not psutil.pid_exists(int(folder.name.removeprefix(_PREFIX).split("-")[0])):
            shutil.rmtree(folder, ignore_errors=True)
