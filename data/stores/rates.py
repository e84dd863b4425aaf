"""Requests per key and window of time: one upsert counts one."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, func
from sqlalchemy.dialects.postgresql import insert

from data.tables.people import rate_windows as windows


class RateWindows:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hit(self, key: str, window: timedelta, by: int = 1) -> tuple[int, int]:
        """Counts `by`; returns the hits in the current window, these included, and the seconds until it ends."""
        start = func.date_bin(window, func.now(), func.to_timestamp(0))
        statement = (
            insert(windows)
            .values(key=key, window_start=start, hits=by)
            .on_conflict_do_update(
                index_elements=["key", "window_start"],
                set_={"hits": windows.c.hits + by},
            )
            .returning(
                windows.c.hits, func.extract("epoch", windows.c.window_start + window - func.now()).label("left")
            )
        )
        row = self._connection.execute(statement).one()
        return row.hits, max(1, round(row.left))

    def prune(self, *, older: timedelta) -> int:
        """Deletes windows that began `older` ago; it must be longer than the longest window in use."""
        old = windows.c.window_start < func.now() - older
        return self._connection.execute(delete(windows).where(old)).rowcount
