"""The database: one engine, and units of work that carry the stores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import DiskFull, ForeignKeyViolation
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import NotFound, Unavailable
from core.security import Cipher
from data import pool
from data.address import plain
from data.transaction import Stores


class Database:
    """`with db.begin() as tx:` is one transaction: committed at the end of the block, rolled back by an exception.
    `with db.read() as tx:` is for what only reads.

    Both raise Unavailable when the server does not answer, goes away or has no room; `begin` also NotFound for a row
    that hangs on one which was deleted meanwhile.
    """

    def __init__(self, url: str, cipher: Cipher, *, pool_size: int = 10) -> None:
        self._cipher = cipher
        self.url = plain(url)  # for other clients
        self._engine = pool.engine(url, pool_size)
        self._reading = pool.reading(self._engine)

    @contextmanager
    def begin(self) -> Iterator[Stores]:
        with _outages(), self._connected(self._engine) as connection, connection.begin():
            try:
                yield Stores(connection, self._cipher)
            except IntegrityError as error:
                if isinstance(error.orig, ForeignKeyViolation):
                    raise NotFound("What this belongs to was deleted meanwhile.") from error
                raise

    @contextmanager
    def read(self) -> Iterator[Stores]:
        """The stores for what only reads, without the two round trips that begin and end a transaction. As in `begin`
        each statement sees what is committed when it runs; one that changes or locks something raises."""
        with _outages(), self._connected(self._reading) as connection:
            yield Stores(connection, self._cipher)

    def _connected(self, engine: Engine) -> Connection:
        try:
            return engine.connect()
        except (OperationalError, PoolTimeout) as error:
            raise _silent() from error

    def ping(self) -> None:
        """Raises if the server does not answer."""
        with self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        self._engine.dispose()


@contextmanager
def _outages() -> Iterator[None]:
    """What is the server's trouble, and not that of the statement, in words."""
    try:
        yield
    except OperationalError as error:
        if isinstance(error.orig, DiskFull):
            raise Unavailable("The disk of the database is full: nothing was stored. Tell an administrator.") from error
        if error.connection_invalidated:
            raise _silent() from error
        raise


def _silent() -> Unavailable:
    return Unavailable("The database does not answer. Try again in a minute.")
