"""Other people's databases, read only: one query, its rows as they come.

What keeps a query from changing anything, each enough by itself where the dialect has it: the statement is checked, the
transaction is read-only, PostgreSQL takes it as the one statement of a cursor, and SQLite opens the file for reading
and asks an authorizer about every step.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from psycopg.pq import ExecStatus
from sqlalchemy import URL, Connection, Engine, create_engine, make_url, pool
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from core.errors import BadInput, SourceFailed

Row = Mapping[str, Any]

_STRINGS_AND_COMMENTS = re.compile(
    r"""
    \b[eE]'(?:[^'\\]|\\.|'')*' # a string in which a backslash hides a quote
    | '(?:[^']|'')*'          # a string, whose backslashes are letters
    | "(?:[^"]|"")*"          # a quoted name
    | (?<![\w$])\$(\w*)\$.*?\$\1\$ # a dollar-quoted string; after a letter it is part of a name
    | --[^\n]*                # a comment to the end of the line
    | /\*(?:[^*]|\*(?!/))*\*/ # a comment in between
    """,
    re.VERBOSE | re.DOTALL,
)
_FORBIDDEN = re.compile(
    r"(?i)\b(insert|update|delete|merge|into|call|copy|drop|alter|create|truncate|grant|revoke|attach|detach|pragma"
    r"|vacuum|lock|execute|prepare|load_extension|lo_import|lo_export|dblink\w*|pg_read_\w+|pg_ls_\w+|pg_stat_file"
    r"|pg_terminate_backend|pg_cancel_backend|set_config)\b"
)
_BUFFERED_ROWS = 100
_CONNECT_SECONDS = 10
_SILENT_MILLISECONDS = 30_000  # after which a server that does not acknowledge is given up


@dataclass(frozen=True, slots=True)
class Query:
    """`url` without its password. `addresses` says where a host may be connected to, `file` which file may be opened;
    each raises what the reader of the source is to be told. `seconds` bounds all of it."""

    url: str
    password: str
    statement: str
    addresses: Callable[[str, int], Sequence[str]]
    file: Callable[[str], Path]
    seconds: float


@dataclass(frozen=True, slots=True)
class _Dialect:
    """`guard` gets the driver's connection, the statement and the time when it must end. `options` are what may stand
    in the address: others could name files, sockets or other hosts."""

    engine: Callable[[URL, Query], Engine]
    guard: Callable[[Any, str, float], None]
    options: tuple[str, ...] = ()


def split_url(text: str) -> tuple[str, str]:
    """A SQLAlchemy URL without its password, and the password. BadInput for what cannot be a source."""
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError) as error:
        raise BadInput("This is not the address of a database. Write it like postgresql://user@host/name.") from error
    dialect = url.get_backend_name()
    if dialect not in _DIALECTS:
        raise BadInput("Databases of this kind cannot be read. There are: %(kinds)s.", kinds=", ".join(_DIALECTS))
    if unknown := set(url.query) - set(_DIALECTS[dialect].options):
        raise BadInput("Leave the option %(name)s out of the address.", name=sorted(unknown)[0])
    bare = URL.create(url.drivername, url.username, None, url.host, url.port, url.database, url.query)
    return bare.render_as_string(), str(url.password or "")


def server_of(url: str) -> str:
    """Whom its password is for."""
    parsed = make_url(url)
    return f"{parsed.get_backend_name()}://{parsed.host or ''}:{parsed.port or ''}"


def check_statement(statement: str) -> str:
    """One query that only reads, without its last semicolon. BadInput for anything else."""
    bare = _STRINGS_AND_COMMENTS.sub(" ", statement).strip().rstrip(";").strip()
    if not re.match(r"(?i)(select|with|values)\b", bare) or ";" in bare or "\x00" in bare:
        raise BadInput("Write one query that begins with SELECT or WITH.")
    if found := _FORBIDDEN.search(bare):
        raise BadInput("The query may only read: leave %(word)s out, or quote it as a name.", word=found[0].upper())
    return statement.strip().rstrip(";")


def rows(query: Query) -> Iterator[Row]:
    """Rows of the query, fetched as they are asked for. Raises SourceFailed with the server's reason, in one line."""
    statement = check_statement(query.statement)
    url = make_url(query.url).set(password=query.password or None)
    dialect = _DIALECTS[url.get_backend_name()]
    engine = dialect.engine(url, query)
    until = time.monotonic() + query.seconds
    try:
        with closing(engine.connect()) as connection:
            dialect.guard(connection.connection.driver_connection, statement, until)
            yield from _fetched(connection, statement, until, query.seconds)
    except SQLAlchemyError as error:
        raise _failed(error, query.seconds) from error
    finally:
        engine.dispose()


def _fetched(connection: Connection, statement: str, until: float, seconds: float) -> Iterator[Row]:
    options = {"stream_results": True, "max_row_buffer": _BUFFERED_ROWS, "no_parameters": True}
    with connection.execution_options(**options).exec_driver_sql(statement) as found:
        for row in found.mappings():
            if time.monotonic() > until:
                raise _too_slow(seconds)
            yield dict(row)


def _postgresql(url: URL, query: Query) -> Engine:
    if not url.host:
        raise BadInput("The address of the database names no host.")
    found = query.addresses(url.host, url.port or 5432)
    # libpq goes to `hostaddr`; `host` stays what the certificate must name.
    arguments = {
        "host": ",".join([url.host] * len(found)),
        "hostaddr": ",".join(found),
        "connect_timeout": _CONNECT_SECONDS,
        "tcp_user_timeout": _SILENT_MILLISECONDS,
        "options": f"-c statement_timeout={round(query.seconds * 1000)} -c default_transaction_read_only=on"
        " -c standard_conforming_strings=on",
    }
    target = url.set(drivername="postgresql+psycopg")
    engine = create_engine(target, poolclass=pool.NullPool, connect_args=arguments, hide_parameters=True)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _take_as_one(driver: Any, statement: str, _until: float) -> None:
    """Lets the server parse it by the protocol that takes a single statement, before it becomes a cursor's."""
    answer = driver.pgconn.prepare(b"", statement.encode())
    if answer.status != ExecStatus.COMMAND_OK:
        raise _refused(answer.error_message.decode("utf-8", "replace"))


def _sqlite(url: URL, query: Query) -> Engine:
    if not url.database or not Path(url.database).is_absolute():
        raise BadInput("Name the whole path of the file, like sqlite:////srv/data/articles.db.")
    path = query.file(url.database)
    if not path.is_file():
        raise SourceFailed("There is no file %(path)s.", path=url.database)

    target = f"file:{quote(str(path))}?mode=ro"
    return create_engine("sqlite://", creator=lambda: sqlite3.connect(target, uri=True), poolclass=pool.NullPool)


def _only_read(driver: Any, _statement: str, until: float) -> None:
    driver.set_authorizer(_permit)
    driver.set_progress_handler(lambda: int(time.monotonic() > until), 10_000)


_READING = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE, sqlite3.SQLITE_TRANSACTION)


def _permit(action: int, _first: str | None, second: str | None, *_rest: str | None) -> int:
    harmless = action == sqlite3.SQLITE_FUNCTION and second != "load_extension"
    return sqlite3.SQLITE_OK if harmless or action in _READING else sqlite3.SQLITE_DENY


_DIALECTS: Mapping[str, _Dialect] = {
    "postgresql": _Dialect(_postgresql, _take_as_one, ("sslmode",)),
    "sqlite": _Dialect(_sqlite, _only_read),
}


def _failed(error: SQLAlchemyError, seconds: float) -> SourceFailed:
    reason = " ".join(str(getattr(error, "orig", None) or type(error).__name__).split())
    if "statement timeout" in reason or reason == "interrupted":
        return _too_slow(seconds)
    return _refused(reason)


def _refused(reason: str) -> SourceFailed:
    return SourceFailed("The database answered: %(reason)s", reason=" ".join(reason.split())[:300])


def _too_slow(seconds: float) -> SourceFailed:
    return SourceFailed("The query took longer than the limit of %(seconds)s s.", seconds=seconds)
