"""A whole database as a stream: taken in one snapshot while others write, put into an empty one in one transaction."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, BinaryIO

import psycopg
from alembic.script import ScriptDirectory
from psycopg import sql
from psycopg.pq import Conninfo

from core.security import Cipher
from data import rotation
from data.address import plain
from data.embedded import VERSION
from data.migrate import configuration
from data.postgres_user import binaries
from data.tables import metadata

_PIECE = 1 << 20  # bytes
_ROWS = 2_000  # of one trip to the server
# What our programs say to every server, and only one as new as they are understands.
_TOO_NEW = b"SET transaction_timeout = 0;\n"


class Refused(Exception):
    """One sentence for whoever runs the command."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Of what is encrypted: which keys, by their place, open something, and how many values none of them opens."""

    keys: frozenset[int]
    lost: int


class Snapshot:
    """The database as it was at one moment, however long it is read."""

    def __init__(self, url: str, connection: psycopg.Connection[Any]) -> None:
        self._url, self._connection = url, connection
        self.name = self._one("SELECT pg_export_snapshot()")
        if self._one("SELECT to_regclass('alembic_version')") is None:
            raise Refused("The database is empty: there is nothing to keep yet.")
        self.schema = str(self._one("SELECT version_num FROM alembic_version"))
        self.server = str(self._one("SHOW server_version"))
        self.size = int(self._one("SELECT pg_database_size(current_database())"))  # bytes on the server's disk

    def files(self) -> set[str]:
        """SHA-256 of each file that a table names: those that keep files call the column `sha256`."""
        named = [table.name for table in metadata.tables.values() if "sha256" in table.c]
        found: set[str] = set()
        for table in named:
            if self._one("SELECT to_regclass(%s)", table) is not None:  # a table of a newer schema than this database
                query = sql.SQL("SELECT DISTINCT sha256 FROM {} WHERE sha256 <> ''").format(sql.Identifier(table))
                found |= {row[0] for row in self._connection.execute(query)}
        return found

    def sealed(self, keys: tuple[str, ...]) -> Sealed:
        """Tries every encrypted value; 30 microseconds each."""
        ciphers = [Cipher((key,)) for key in keys]
        opening: set[int] = set()
        lost = 0
        for value in self._sealed_values():
            place = next((place for place, one in enumerate(ciphers) if one.is_newest(value)), None)
            lost += place is None
            opening |= set() if place is None else {place}
        return Sealed(frozenset(opening), lost)

    def _sealed_values(self) -> Iterator[bytes]:
        for table in rotation.sealed_tables():
            if self._one("SELECT to_regclass(%s)", table.name) is None:
                continue
            for column in rotation.sealed_columns(table):
                query = sql.SQL("SELECT {0} FROM {1} WHERE {0} IS NOT NULL")
                with self._connection.cursor(name="sealed") as cursor:
                    cursor.itersize = _ROWS
                    cursor.execute(query.format(sql.Identifier(column.name), sql.Identifier(table.name)))
                    yield from (bytes(row[0]) for row in cursor)

    @contextmanager
    def stream(self) -> Iterator[BinaryIO]:
        """pg_dump's own format, compressed. At the end of the block Refused where it broke off."""
        command = [_program("pg_dump"), "--format=custom", "--compress=gzip:1", "--no-owner", "--no-privileges"]
        with tempfile.TemporaryFile() as said:
            with subprocess.Popen(
                [*command, f"--snapshot={self.name}"], stdout=subprocess.PIPE, stderr=said, env=_environment(self._url)
            ) as process:
                assert process.stdout  # noqa: S101 - it is a pipe
                try:
                    yield process.stdout  # type: ignore[misc]
                except BaseException:
                    process.kill()
                    raise
            if process.returncode != 0:
                raise Refused(f"The database could not be read: {_last(said)}")

    def _one(self, query: str, *values: str) -> Any:
        row = self._connection.execute(query, values).fetchone()
        return row[0] if row else None


@contextmanager
def snapshot(url: str) -> Iterator[Snapshot]:
    """Refused where the server does not answer or goes away meanwhile."""
    try:
        with psycopg.connect(plain(url)) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            yield Snapshot(url, connection)
    except psycopg.OperationalError as error:
        raise Refused(f"The database does not answer: {_line(str(error))}") from error


def newer(schema: str) -> bool:
    """Whether this version of the product does not know the schema."""
    return schema not in {one.revision for one in ScriptDirectory.from_config(configuration("")).walk_revisions()}


def empty(url: str) -> bool:
    try:
        with psycopg.connect(plain(url)) as connection:
            query = "SELECT NOT EXISTS (SELECT FROM pg_tables WHERE schemaname = current_schema())"
            row = connection.execute(query).fetchone()
            return bool(row and row[0])
    except psycopg.OperationalError as error:
        raise Refused(f"The database does not answer: {_line(str(error))}") from error


def clear(url: str) -> None:
    """Takes away what a restore that was broken off had put there."""
    with psycopg.connect(plain(url)) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")


def load(url: str, dump: IO[bytes]) -> None:
    """Puts what `Snapshot.stream` gave into an empty database: all of it, or nothing, and Refused."""
    reading = [_program("pg_restore"), "--file=-", "--no-owner", "--no-privileges", "--format=custom"]
    writing = [_program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--file=-"]
    with tempfile.TemporaryFile() as unread, tempfile.TemporaryFile() as unwritten:
        with (
            subprocess.Popen(reading, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=unread) as source,
            subprocess.Popen(
                writing, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=unwritten, env=_environment(url)
            ) as target,
        ):
            feeding = threading.Thread(target=_feed, args=(dump, source.stdin), daemon=True)
            feeding.start()
            try:
                _pass_on(source, target)
            except BrokenPipeError:
                source.kill()  # psql has ended and says why
            except BaseException:
                source.kill()
                target.kill()  # its transaction is rolled back
                raise
            finally:
                feeding.join()
        if target.returncode != 0:
            raise Refused(f"The database could not be written: {_last(unwritten)}")
        if source.returncode != 0:
            raise Refused(f"The archive's database could not be read: {_last(unread)}")


def _pass_on(source: subprocess.Popen[bytes], target: subprocess.Popen[bytes]) -> None:
    """The script of one to the other, as one transaction; without its end where it was cut short."""
    assert source.stdout  # noqa: S101 - both are pipes
    assert target.stdin  # noqa: S101
    target.stdin.write(b"BEGIN;\n")
    for line in source.stdout:
        if line != _TOO_NEW:
            target.stdin.write(line)
            if line.startswith((b"CREATE ", b"COPY ")):  # settings are over
                break
    shutil.copyfileobj(source.stdout, target.stdin, _PIECE)
    if source.wait() == 0:
        target.stdin.write(b"\nCOMMIT;\n")
    target.stdin.close()


def _feed(dump: IO[bytes], pipe: IO[bytes] | None) -> None:
    assert pipe  # noqa: S101 - it is one
    try:
        with pipe:
            shutil.copyfileobj(dump, pipe, _PIECE)
    except (BrokenPipeError, ValueError):
        pass  # its reader has ended and says why


def _program(name: str) -> str:
    return str(binaries(VERSION) / "bin" / name)


def _environment(url: str) -> dict[str, str]:
    """How to reach the server, where no list of processes shows it."""
    options = Conninfo.parse(plain(url).encode())
    named = {one.envvar.decode(): one.val.decode() for one in options if one.envvar and one.val}
    return {**os.environ, **named, "LC_ALL": "C"}


def _last(said: IO[bytes]) -> str:
    said.seek(0)
    lines = [line for line in said.read().decode(errors="replace").splitlines() if line.strip()]
    failed = [line for line in lines if "error" in line.lower()]
    if any("No space left" in line for line in lines):
        return "the disk is full."
    return (failed or lines or ["no reason given."])[0].strip()


def _line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given."])[-1]
