"""Logging: one line per event on standard error, with secrets masked."""

from __future__ import annotations

import logging
import re
import sys

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


def configure(level: int = logging.INFO) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Masked("%(asctime)s %(levelname).1s %(name)s: %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "procrastinate", "chromadb", "alembic", "watchfiles", "google_genai"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
