"""Which parts of the service can be used right now."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf

import psutil

from core.errors import NichewiseError, Unavailable
from core.settings import Settings
from data.database import Database

logger = logging.getLogger(__name__)

OK = "ok"
STARTING = "This part is still starting."
NOT_STARTED = "This part did not start. See the log."
NO_DATABASE = "The database does not answer."
NO_WORKER = "No worker runs: new documents wait. Start one with: python -m jobs.worker."
FULL = "The disk is full: nothing can be stored. Make some room."
NO_FOLDER = "The folder of the data is gone or cannot be written. Put it back, or correct its rights."
_FULL_BYTES = 64 * 2**20
_BEATS_S = 45  # a worker beats every 10 seconds
_AGAIN_S, _CHECKED_S = 10.0, 2.0
_LEAST_FREE, _LEAST_FREE_BYTES = 0.05, 2**30
PARTS = ("database", "models", "vectors", "lexical", "worker")


@dataclass(frozen=True, slots=True)
class Room:
    """What this process and its children hold in memory, and what is free on the disk of its data; bytes."""

    memory: int
    memory_total: int
    disk_free: int
    disk_total: int
    started_at: datetime

    @property
    def scarce(self) -> bool:
        """Whether the disk is nearly full: uploads and a new version of a collection need room."""
        return self.disk_free < max(_LEAST_FREE * self.disk_total, _LEAST_FREE_BYTES)


class Health:
    """Parts report themselves as they come up; what can go away while the service runs is asked again."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self._parts = dict.fromkeys(PARTS, STARTING)
        self._warmers: dict[str, Callable[[], object]] = {}
        self._checks: dict[str, Callable[[], object]] = {"database": self._ask_database, "disk": self._ask_disk}
        self._found: dict[str, str] = {}  # what the last check of a part said
        self._checked_at = -inf
        self._checking = threading.Lock()
        self._closing = threading.Event()
        self._mending: threading.Thread | None = None
        if settings.worker == "external":
            self.report("worker")
            self._checks["worker"] = self._ask_workers

    def report(self, part: str, state: str = OK) -> None:
        """`state` is "ok", or a sentence that says what is missing and what to do."""
        self._parts[part] = state

    def register(self, part: str, warm: Callable[[], object], check: Callable[[], object] | None = None) -> None:
        """`warm` makes the part usable (loads a model, opens an index) or raises; `check` raises while it is away."""
        self._warmers[part] = warm
        if check is not None:
            self._checks[part] = check

    def warm(self) -> None:
        """Warms every registered part, one after the other; one that fails does not keep the others down, and is tried
        again until it works."""
        if failed := self._warmed(self._warmers):
            self._mending = threading.Thread(target=self._mend, args=(failed,), name="mending", daemon=True)
            self._mending.start()

    def close(self) -> None:
        self._closing.set()
        if self._mending is not None:
            self._mending.join()

    def parts(self) -> dict[str, str]:
        """Part -> "ok" or the reason why it is not. The disk is named when it cannot be used."""
        with self._checking:
            if time.monotonic() - self._checked_at > _CHECKED_S:
                self._check()
                self._checked_at = time.monotonic()
            found = dict(self._found)
        parts = {part: found.get(part, OK) if state == OK else state for part, state in self._parts.items()}
        parts["database"] = found["database"]
        return parts if found["disk"] == OK else {**parts, "disk": found["disk"]}

    def ready(self, parts: dict[str, str]) -> bool:
        """Whether this process can be used: workers of their own may come and go, the queue holds their jobs."""
        elsewhere = {"worker"} if self._settings.worker == "external" else set()
        return all(state == OK for part, state in parts.items() if part not in elsewhere)

    def room(self) -> Room:
        """Asked of the system now; a child that ends meanwhile counts as gone."""
        own = psutil.Process()
        memory = own.memory_info().rss
        for child in own.children(recursive=True):
            try:
                memory += child.memory_info().rss
            except psutil.Error:
                continue
        disk = shutil.disk_usage(self._settings.var_dir)
        started = datetime.fromtimestamp(own.create_time(), UTC)
        return Room(memory, psutil.virtual_memory().total, disk.free, disk.total, started)

    # --- coming up ----------------------------------------------------------------------------------------------------

    def _warmed(self, parts: Iterable[str]) -> list[str]:
        """Those of `parts` that failed."""
        return [part for part in parts if not self._warm(part)]

    def _warm(self, part: str) -> bool:
        try:
            self._warmers[part]()
        except NichewiseError as error:
            if self._parts[part] != error.message:
                logger.warning("The part %s did not start: %s", part, error.message)
            self.report(part, error.message)
        except Exception:  # whatever it is, the part cannot be used and `parts` says so
            if self._parts[part] != NOT_STARTED:
                logger.exception("The part %s did not start", part)
            self.report(part, NOT_STARTED)
        else:
            if self._parts[part] not in (OK, STARTING):
                logger.warning("The part %s works again", part)
            self.report(part)
            return True
        return False

    def _mend(self, failed: list[str]) -> None:
        while failed and not self._closing.wait(_AGAIN_S):
            failed = self._warmed(failed)

    # --- while it runs ------------------------------------------------------------------------------------------------

    def _check(self) -> None:
        for part, check in self._checks.items():
            if part == "worker" and self._found.get("database", OK) != OK:
                continue  # nobody can tell
            before = self._found.get(part, OK)
            try:
                check()
            except NichewiseError as error:
                self._found[part] = error.message
            except Exception:  # whatever it is, the part cannot be used
                logger.exception("The part %s cannot be asked", part)
                self._found[part] = NOT_STARTED
            else:
                self._found[part] = OK
            if (now := self._found[part]) != before:
                logger.warning("The part %s: %s", part, "it works again" if now == OK else now)

    def _ask_database(self) -> None:
        try:
            self._db.ping()
        except Exception as error:  # the driver has many
            raise Unavailable(NO_DATABASE) from error

    def _ask_disk(self) -> None:
        if not os.access(self._settings.var_dir, os.W_OK):
            raise Unavailable(NO_FOLDER)
        if shutil.disk_usage(self._settings.var_dir).free < _FULL_BYTES:
            raise Unavailable(FULL)

    def _ask_workers(self) -> None:
        with self._db.read() as tx:
            if not tx.jobs.served(_BEATS_S):
                raise Unavailable(NO_WORKER)
