"""Builds the services once per process; `current()` is the only singleton of the product."""

from __future__ import annotations

from dataclasses import dataclass

from core.secrets import cipher
from core.settings import Settings
from data.database import Database


@dataclass(frozen=True)
class Services:
    """What pages, api, jobs and voice call."""

    settings: Settings
    db: Database


_current: Services | None = None


def build(settings: Settings, database_url: str) -> Services:
    """Wires the services over the database at `database_url`; opens no connection and loads no model."""
    db = Database(database_url, cipher(settings))
    return Services(settings=settings, db=db)


def install(services: Services | None) -> None:
    global _current
    _current = services


def current() -> Services:
    if _current is None:
        from core.errors import NotReady

        raise NotReady
    return _current
