"""The lock that makes one process the owner of a `var` folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from core.errors import StartupError


class VarLock:
    """Held until the process ends; the kernel lets go of it even after kill -9."""

    def __init__(self, var_dir: Path) -> None:
        self._path = var_dir / "owner.lock"
        self._descriptor: int | None = None

    def take(self) -> None:
        """Raises StartupError when another process owns the folder."""
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
        except BlockingIOError as error:
            owner = os.read(descriptor, 20).decode(errors="replace").strip() or "?"
            os.close(descriptor)
            raise StartupError(
                "Process %(pid)s already uses %(folder)s. Stop it, or set NICHEWISE_VAR_DIR to another folder.",
                pid=owner,
                folder=str(self._path.parent),
            ) from error
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
