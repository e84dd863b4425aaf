"""The pool of connections to the database."""

from __future__ import annotations

import select
import time
from math import inf

import psycopg
from sqlalchemy import Engine, SelectBase, TextClause, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError, InvalidRequestError
from sqlalchemy.pool import ConnectionPoolEntry

_RESTED_SECONDS = 2.0


def engine(url: str, size: int) -> Engine:
    """Opens nothing yet; keeps `size` connections and lends ten more."""
    made = create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        pool_size=size,
        max_overflow=10,
        pool_use_lifo=True,
        hide_parameters=True,  # what people wrote does not belong into logs
    )
    _check_rested(made)
    return made


def reading(engine: Engine) -> Engine:
    """The same connections for statements that only read, each on its own; raises at any other."""
    made = engine.execution_options(isolation_level="AUTOCOMMIT")

    @event.listens_for(made, "before_execute")
    def check(_connection: object, statement: object, *_: object) -> None:
        if not _reads(statement):
            raise InvalidRequestError(f"What only reads was asked for this: {statement}")

    return made


def _reads(statement: object) -> bool:
    if isinstance(statement, SelectBase):
        return getattr(statement, "_for_update_arg", None) is None
    return isinstance(statement, TextClause) and statement.text.lstrip().startswith("SELECT")


def _check_rested(engine: Engine) -> None:
    """Connections that have rested, or on which the server has said something unasked, are tried before they are used.
    To try them before every transaction, as the pool can do by itself, would cost as much as two statements."""

    @event.listens_for(engine, "checkin")
    def rests(_: object, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def wanted(connection: DBAPIConnection, record: ConnectionPoolEntry, _: object) -> None:
        since = record.info.get("rests_since", inf)
        if time.monotonic() - since < _RESTED_SECONDS and not _unasked(connection):
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise InvalidatePoolError from error


def _unasked(connection: DBAPIConnection) -> bool:
    """Whether there is something to read, which on an idle connection is most often its end."""
    poll = select.poll()  # no file of its own, as a selector would open and close
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
