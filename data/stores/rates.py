"""Requests per key and window of time: one upsert counts one."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, Integer, Interval, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from data.tables.people import rate_windows as windows

_WINDOW, _BY = bindparam("window", type_=Interval), bindparam("by", type_=Integer)
_HIT = (  # put together once: that costs as much as to run it, and every message does
    insert(windows)
    .values(key=bindparam("key"), window_start=func.date_bin(_WINDOW, func.now(), func.to_timestamp(0)), hits=_BY)
    .on_conflict_do_update(index_elements=["key", "window_start"], set_={"hits": windows.c.hits + _BY})
    .returning(windows.c.hits, func.extract("epoch", windows.c.window_start + _WINDOW - func.now()).label("left"))
)


class RateWindows:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hit(self, key: str, window: timedelta, by: int = 1) -> tuple[int, int]:
        """Counts `by`; returns the hits in the current window, these included, and the seconds until it ends."""
        row = self._connection.execute(_HIT, {"key": key, "window": window, "by": by}).one()
        return row.hits, max(1, round(row.left))

    def hits(self, key: str, window: timedelta) -> int:
        """Those in the current window, where nothing is counted."""
        begun = func.date_bin(_WINDOW, func.now(), func.to_timestamp(0))
        query = select(windows.c.hits).where(windows.c.key == key, windows.c.window_start == begun)
        return self._connection.execute(query, {"window": window}).scalar_one_or_none() or 0

    def prune(self, *, older: timedelta) -> int:
        """Deletes windows that began `older` ago; it must be longer than the longest window in use."""
        old = windows.c.window_start < func.now() - older
        return self._connection.execute(delete(windows).where(old)).rowcount
