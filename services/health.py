"""Which parts of the service can be used right now."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import psutil

from core.errors import NichewiseError
from core.settings import Settings
from data.database import Database

logger = logging.getLogger(__name__)

OK = "ok"
STARTING = "This part is still starting."
NOT_STARTED = "This part did not start. See the log."
NO_DATABASE = "The database does not answer."
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
    """Parts report themselves as they come up; the database is asked each time."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self._parts = dict.fromkeys(PARTS, STARTING)
        self._warmers: dict[str, Callable[[], object]] = {}
        if settings.worker == "external":
            self.report("worker")  # runs elsewhere; the queue holds the jobs until it is there

    def report(self, part: str, state: str = OK) -> None:
        """`state` is "ok", or a sentence that says what is missing and what to do."""
        self._parts[part] = state

    def register(self, part: str, warm: Callable[[], object]) -> None:
        """`warm` makes the part usable (loads a model, opens an index) or raises."""
        self._warmers[part] = warm

    def warm(self) -> None:
        """Warms every registered part, one after the other; one that fails does not keep the others down."""
        for part, warm in self._warmers.items():
            try:
                warm()
            except NichewiseError as error:
                logger.warning("The part %s did not start: %s", part, error.message)
                self.report(part, error.message)
            except Exception:  # whatever it is, the part cannot be used and `parts` says so
                logger.exception("The part %s did not start", part)
                self.report(part, NOT_STARTED)
            else:
                self.report(part)

    def parts(self) -> dict[str, str]:
        """Part -> "ok" or the reason why it is not."""
        return {**self._parts, "database": self._database()}

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

    def _database(self) -> str:
        try:
            self._db.ping()
        except Exception as error:  # the driver has many: whatever it is, the database cannot be used
            logger.warning("The database does not answer: %s", type(error).__name__)
            return NO_DATABASE
        return OK
