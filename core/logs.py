"""Logging: one line per event on standard error, with secrets masked."""

from __future__ import annotations

import logging
import re
import sys
import time
from math import inf

_SAID_EVERY = 60.0  # seconds
_SECRET = re.compile(
    r"(?i)((?:password|token|api[_-]?key|secret|authorization)[\"']?\s*[=:]\s*[\"']?(?:bearer\s+)?)[^\s\"',;&]+"
)
_URL_PASSWORD = re.compile(r"(://[^:/\s]+:)[^@\s]+@")


def mask(text: str) -> str:
    """`text` without what looks like a secret."""
    return _URL_PASSWORD.sub(r"\1***@", _SECRET.sub(r"\1***", text))


class _Masked(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


class _Outage(logging.Filter):
    """A database that is away is one line a minute of the workers, not a traceback of each of their tasks."""

    def __init__(self) -> None:
        super().__init__()
        self._said_at = -inf

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if not record.name.startswith(("procrastinate", "jobs.")) or not _is_outage(error):
            return True
        if time.monotonic() - self._said_at < _SAID_EVERY:
            return False
        self._said_at = time.monotonic()
        record.msg, record.args = "The database does not answer; jobs wait until it does", ()
        record.exc_info = record.exc_text = None
        return True


def _is_outage(error: BaseException | None) -> bool:
    """Whether the driver says somewhere in the chain that there is no connection."""
    while error is not None:
        if "OperationalError" in (one.__name__ for one in type(error).__mro__):
            return True
        error = error.__cause__ or error.__context__
    return False


def configure(level: int = logging.INFO) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_Outage())
    handler.setFormatter(_Masked("%(asctime)s %(levelname).1s %(name)s: %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "procrastinate", "chromadb", "alembic", "watchfiles", "google_genai"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # each try to connect again
