"""The database: one engine, and units of work that carry the stores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import Unavailable
from core.security import Cipher
from data import pool
from data.transaction import Stores


class Database:
    """`with db.begin() as tx:` is one transaction: committed at the end of the block, rolled back by an exception.
    `with db.read() as tx:` is for what only reads.

    Both raise Unavailable when the server does not answer.
    """

    def __init__(self, url: str, cipher: Cipher, *, pool_size: int = 10) -> None:
        self._cipher = cipher
        self.url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)  # for other clients
        self._engine = pool.engine(url, pool_size)
        self._reading = pool.reading(self._engine)

    @contextmanager
    def begin(self) -> Iterator[Stores]:
        with self._connected(self._engine) as connection, connection.begin():
            yield Stores(connection, self._cipher)

    @contextmanager
    def read(self) -> Iterator[Stores]:
        """The stores for what only reads, without the two round trips that begin and end a transaction. As in `begin`
        each statement sees what is committed when it runs; one that changes or locks something raises."""
        with self._connected(self._reading) as connection:
            yield Stores(connection, self._cipher)

    def _connected(self, engine: Engine) -> Connection:
        try:
            return engine.connect()
        except (OperationalError, PoolTimeout) as error:
            raise Unavailable("The database does not answer. Try again in a minute.") from error

    def ping(self) -> None:
        """Raises if the server does not answer."""
        with self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        self._engine.dispose()
