"""The database: one engine, and units of work that carry the stores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, make_url, text

from core.security import Cipher


class Stores:
    """The stores of one transaction; each is made when it is first asked for."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self.connection = connection
        self.cipher = cipher


class Database:
    """`with db.begin() as tx:` is one transaction: committed at the end of the block, rolled back by an exception."""

    def __init__(self, url: str, cipher: Cipher, *, pool_size: int = 10) -> None:
        self._cipher = cipher
        self._engine = create_engine(
            make_url(url).set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=10,
            pool_pre_ping=True,
        )

    @contextmanager
    def begin(self) -> Iterator[Stores]:
        with self._engine.begin() as connection:
            yield Stores(connection, self._cipher)

    def ping(self) -> None:
        """Raises if the server does not answer."""
        with self._engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        self._engine.dispose()
