"""How often one caller may do something: counted per window in PostgreSQL, so that every process counts together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from core.errors import TooMany
from data.database import Database


@dataclass(frozen=True, slots=True)
class Rate:
    most: int
    per: timedelta


class Rates:
    def __init__(self, db: Database) -> None:
        self._db = db

    def hit(self, key: str, rate: Rate) -> None:
        """Counts one in a transaction of its own; `TooMany` with the seconds to wait once `rate` is used up."""
        with self._db.begin() as tx:
            hits, seconds = tx.rates.hit(key, rate.per)
        if hits > rate.most:
            raise TooMany(seconds=seconds)
