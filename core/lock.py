"""The lock that makes one process the owner of a `var` folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from core.errors import StartupError

UNFINISHED = "restore.unfinished"  # lies in a folder as long as what a restore puts there is not whole


class VarLock:
    """Held until the process ends; the kernel lets go of it even after kill -9."""

    def __init__(self, var_dir: Path) -> None:
        self._path = var_dir / "owner.lock"
        self._descriptor: int | None = None

    def take(self) -> None:
        """Raises StartupError when another process owns the folder, or a restore into it was broken off."""
        if (owner := self.claim()) is not None:
            raise StartupError(
                "Process %(pid)s already uses %(folder)s. Stop it, or set NICHEWISE_VAR_DIR to another folder.",
                pid=owner,
                folder=str(self._path.parent),
            )
        if (self._path.parent / UNFINISHED).exists():
            self.release()
            raise StartupError(
                "A restore into %(folder)s was broken off. Run it again, or empty the folder.",
                folder=str(self._path.parent),
            )

    def claim(self) -> str | None:
        """Takes the folder and returns None, or returns the id of the process that has it."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StartupError(
                "The folder %(folder)s cannot be written (%(reason)s). Make room, correct its rights, "
                "or set NICHEWISE_VAR_DIR to another one.",
                folder=str(self._path.parent),
                reason=error.strerror,
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(descriptor, 20).decode(errors="replace").strip() or "?"
            os.close(descriptor)
            return owner
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor
        return None

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
