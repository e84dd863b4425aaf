"""Re-encrypts what is sealed at rest with the newest key, in batches, beside a running product."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, LargeBinary, Row, Table, UniqueConstraint, select, tuple_, update

from core.security import Cipher
from data.database import Database
from data.tables import metadata

BATCH = 500  # rows of one transaction
_SUFFIX = "_sealed"


@dataclass(frozen=True, slots=True)
class Progress:
    """Of one table: values looked at, sealed anew, and those that no key opens."""

    table: str
    seen: int = 0
    renewed: int = 0
    lost: int = 0


def sealed_tables() -> list[Table]:
    """Every table with a column called `*_sealed`."""
    return [table for table in metadata.sorted_tables if sealed_columns(table)]


def sealed_columns(table: Table) -> list[Column[Any]]:
    return [one for one in table.columns if one.name.endswith(_SUFFIX) and isinstance(one.type, LargeBinary)]


def rotate(db: Database, cipher: Cipher, batch: int = BATCH) -> Iterator[Progress]:
    """Goes through every sealed column and yields each table's progress after each batch. What is under the newest key
    is left alone, so a rotation that was interrupted is simply started again. A value that changes meanwhile is not
    overwritten: whoever changed it sealed it themselves."""
    for table in sealed_tables():
        after: tuple[Any, ...] | None = None
        progress = Progress(table.name)
        while True:
            with db.begin() as tx:
                rows = tx.connection.execute(_page(table, after, batch)).all()
                changes = [change for row in rows for change in _changes(table, cipher, row)]
                for change in changes:
                    if change.fresh is not None:
                        tx.connection.execute(change.statement(table))
            progress = _added(progress, table, rows, changes)
            yield progress
            if len(rows) < batch:
                break
            after = _key_of(table, rows[-1])


@dataclass(frozen=True, slots=True)
class _Change:
    """One value under an old key; `fresh` is None where no key opens it."""

    key: tuple[Any, ...]
    column: Column[Any]
    old: bytes
    fresh: bytes | None

    def statement(self, table: Table) -> Any:
        same = [column == value for column, value in zip(_key(table), self.key, strict=True)]
        return update(table).where(*same, self.column == self.old).values({self.column: self.fresh})


def _changes(table: Table, cipher: Cipher, row: Row[Any]) -> Iterator[_Change]:
    for column in sealed_columns(table):
        old = row._mapping[column]
        if old is None or cipher.is_newest(old):
            continue
        try:
            fresh = cipher.seal(cipher.open(old))
        except ValueError:
            fresh = None
        yield _Change(_key_of(table, row), column, old, fresh)


def _added(progress: Progress, table: Table, rows: Sequence[Row[Any]], changes: Sequence[_Change]) -> Progress:
    lost = sum(change.fresh is None for change in changes)
    return Progress(
        table.name,
        progress.seen + len(rows) * len(sealed_columns(table)),
        progress.renewed + len(changes) - lost,
        progress.lost + lost,
    )


def _page(table: Table, after: tuple[Any, ...] | None, batch: int) -> Any:
    key = _key(table)
    query = select(*key, *sealed_columns(table)).order_by(*key).limit(batch)
    return query if after is None else query.where(tuple_(*key) > after)


def _key(table: Table) -> list[Column[Any]]:
    """The primary key, else a unique constraint or index."""
    constraints = [one.columns for one in table.constraints if isinstance(one, UniqueConstraint)]
    indexes = [one.columns for one in table.indexes if one.unique]
    return next(list(columns) for columns in (table.primary_key.columns, *constraints, *indexes) if columns)


def _key_of(table: Table, row: Row[Any]) -> tuple[Any, ...]:
    return tuple(row._mapping[column] for column in _key(table))
