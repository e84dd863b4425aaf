"""Tables of spreadsheets: kept with their document, read by whom the document is, asked in SQL."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import Connection as Driver
from psycopg.errors import QueryCanceled
from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, delete, exists, func, insert, select, text
from sqlalchemy.exc import OperationalError

from core.entities.corpora import Stage
from core.entities.people import Principal
from core.entities.sheets import Cell, Correction, Note, Sheet, SheetColumn, SheetQuery, SheetRows, TypedTable
from core.errors import NotFound, Unavailable
from data.access import readable_documents
from data.stores.collections import PERSONAL
from data.stores.sheet_query import Statement
from data.tables.corpora import collections, documents
from data.tables.sheets import sheet_rows, sheets, spreadsheets

_READY = documents.c.stage == Stage.READY.value
_older = documents.alias("older")
_newest = (
    select(_older.c.id)
    .join_from(documents, _older, _older.c.lineage == documents.c.lineage)
    .join(spreadsheets, spreadsheets.c.document_id == _older.c.id)
    .where(documents.c.id == bindparam("document_id"), _older.c.version <= documents.c.version)
    .order_by(_older.c.version.desc())
    .limit(1)
    .scalar_subquery()
)
_CORRECTED = (  # put together once: that takes longer than the answer
    select(sheets.c.title, sheets.c.columns).where(sheets.c.document_id == _newest).order_by(sheets.c.n)
)


class Sheets:
    """`find`, `of_document`, `readable_ids` ask the permission function; the others are for who has decided."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- reading ----------------------------------------------------------------------------------------------------

    def find(self, principal: Principal, document_id: UUID, n: int) -> Sheet:
        """`NotFound` where there is none, or the document is not ready, or `principal` may not read it."""
        query = _query().where(sheets.c.document_id == document_id, sheets.c.n == n, readable_documents(principal))
        row = self._connection.execute(query).one_or_none()
        if row is None:
            raise NotFound
        return _sheet(row)

    def of_document(self, principal: Principal, document_id: UUID) -> list[Sheet]:
        query = _query().where(sheets.c.document_id == document_id, readable_documents(principal))
        return [_sheet(row) for row in self._connection.execute(query.order_by(sheets.c.n))]

    def readable_ids(
        self, principal: Principal, *, among: Collection[UUID] = (), collection: str = "", limit: int = 500
    ) -> list[int]:
        """Of these documents, or of all in a collection (by its name as people say it), the newest document first."""
        query = _query(sheets.c.id).where(readable_documents(principal))
        if among:
            query = query.where(sheets.c.document_id.in_(list(among)))
        elif collection == PERSONAL:
            query = query.where(collections.c.owner_id == principal.user_id)
        else:
            query = query.where(collections.c.name == collection)
        order = documents.c.created_at.desc(), documents.c.id, sheets.c.n
        return list(self._connection.execute(query.order_by(*order).limit(limit)).scalars())

    def by_ids(self, ids: Collection[int]) -> list[Sheet]:
        """Of a caller that has asked `readable_ids`."""
        return [_sheet(row) for row in self._connection.execute(_query().where(sheets.c.id.in_(list(ids))))]

    def layout(self, document_id: UUID) -> tuple[int, str]:
        """(the recogniser that made the tables of a document, why there are none); (0, "") where none has looked."""
        query = select(spreadsheets.c.layout, spreadsheets.c.problem).where(spreadsheets.c.document_id == document_id)
        row = self._connection.execute(query).one_or_none()
        return (row.layout, row.problem) if row else (0, "")

    def corrections(self, document_id: UUID) -> list[Correction]:
        """Kinds that people chose for its tables, or for those of the newest version before it that has any."""
        rows = self._connection.execute(_CORRECTED, {"document_id": document_id})
        return [
            Correction(row.title, column.get("header") or column["name"], column["kind"])
            for row in rows
            for column in row.columns
            if column["corrected"]
        ]

    # --- asking -----------------------------------------------------------------------------------------------------

    def run(self, sheet: Sheet, query: SheetQuery, *, seconds: float = 10.0) -> SheetRows:
        """Runs a question in this transaction, which becomes read-only. Raises Unavailable after `seconds`."""
        statement = Statement(sheet.id, sheet.columns, query)
        self._connection.execute(text("SET TRANSACTION READ ONLY"))
        self._connection.execute(text(f"SET LOCAL statement_timeout = {int(seconds * 1000)}"))
        started = time.perf_counter()
        try:
            found = self._connection.execute(text(statement.sql), statement.parameters).all()
            counting = {key: value for key, value in statement.parameters.items() if key not in ("limit", "offset")}
            matching = (
                self._connection.execute(text(statement.counting), counting).scalar_one()
                if statement.counting
                else sheet.rows
            )
        except OperationalError as error:
            if isinstance(error.orig, QueryCanceled):
                raise Unavailable("The question takes too long. Ask about fewer rows.") from error
            raise
        took = round((time.perf_counter() - started) * 1000, 2)
        if query.kind == "rows":
            shown = query.show or range(len(sheet.columns))
            rows: Iterable[tuple[Any, ...]] = (tuple(row[0][place] for place in shown) for row in found)
            total = matching
        else:
            rows = (tuple(map(_plain, row[:3])) for row in found)
            total = int(found[0][3]) if found else 0
        return SheetRows(tuple(rows), total, matching, sheet.rows, statement.sql, statement.parameters, took)

    def named_in(self, sheet: Sheet, place: int, question: str, most: int = 5) -> list[str]:
        """Texts of a column that stand in the question as they are, the longest first."""
        value = f"cells->>{int(place)}"
        query = text(
            f"SELECT DISTINCT {value} AS value FROM sheet_rows WHERE sheet_id = :sheet AND length({value}) > 1 "  # noqa: S608
            f"AND position(lower({value}) IN lower(:question)) > 0 ORDER BY value LIMIT 50"
        )
        found = self._connection.execute(query, {"sheet": sheet.id, "question": question}).scalars()
        return sorted(found, key=len, reverse=True)[:most]

    # --- keeping ----------------------------------------------------------------------------------------------------

    def begin(self, document_id: UUID, layout: int, problem: str = "") -> None:
        """Takes away the tables that the document had; `add` brings the new ones."""
        self._connection.execute(delete(spreadsheets).where(spreadsheets.c.document_id == document_id))
        values = {"document_id": document_id, "layout": layout, "problem": problem}
        self._connection.execute(insert(spreadsheets).values(values))

    def add(self, document_id: UUID, n: int, table: TypedTable, lines: Iterable[bytes]) -> None:
        """`lines` are the rows, a JSON array each."""
        kept = asdict(table)
        values = {name: kept[name] for name in ("title", "columns", "rows", "notes")}
        made = self._connection.execute(
            insert(sheets).values(document_id=document_id, n=n, **values).returning(sheets.c.id)
        ).scalar_one()
        driver: Driver[Any] = self._connection.connection.driver_connection  # type: ignore[assignment]
        command = "COPY sheet_rows (sheet_id, n, cells) FROM STDIN"
        with driver.cursor() as cursor, cursor.copy(command) as copy:
            for at, line in enumerate(lines, start=1):
                copy.write(b"%d\t%d\t%s\n" % (made, at, line.replace(b"\\", b"\\\\")))

    def remove(self, ids: Collection[UUID]) -> int:
        """Takes away the tables of documents; returns how many rows they had."""
        mine = sheets.c.document_id.in_(list(ids))
        rows = self._connection.execute(select(func.coalesce(func.sum(sheets.c.rows), 0)).where(mine)).scalar_one()
        self._connection.execute(delete(spreadsheets).where(spreadsheets.c.document_id.in_(list(ids))))
        return int(rows)

    # --- checking ---------------------------------------------------------------------------------------------------

    def replaced(self, collection_id: UUID) -> list[UUID]:
        """Documents that have tables although a newer version has taken their place."""
        query = select(spreadsheets.c.document_id).join_from(spreadsheets, documents)
        mine = documents.c.collection_id == collection_id, documents.c.stage == Stage.REPLACED.value
        return list(self._connection.execute(query.where(*mine)).scalars())

    def compared(self, collection_id: UUID, formats: Collection[str], layout: int) -> tuple[int, list[UUID]]:
        """(how many spreadsheets are ready, those of them without the tables of this recogniser or with other rows than
        they should have)."""
        suffix = func.lower(func.substring(documents.c.filename, r"\.[^.]*$"))
        ready = select(documents.c.id).where(
            documents.c.collection_id == collection_id, _READY, suffix.in_(list(formats))
        )
        held = select(func.count()).where(sheet_rows.c.sheet_id == sheets.c.id).scalar_subquery()
        whole = ~exists().where(sheets.c.document_id == documents.c.id, sheets.c.rows != held)
        sound = exists().where(spreadsheets.c.document_id == documents.c.id, spreadsheets.c.layout == layout)
        known = self._connection.execute(select(func.count()).select_from(ready.subquery())).scalar_one()
        return known, list(self._connection.execute(ready.where(~(sound & whole)).order_by(documents.c.id)).scalars())

    def remove_lone(self) -> int:
        """Takes away tables and rows that belong to nothing; returns how many those were."""
        execute = self._connection.execute
        looked = execute(delete(spreadsheets).where(~exists().where(documents.c.id == spreadsheets.c.document_id)))
        lone = execute(delete(sheets).where(~exists().where(spreadsheets.c.document_id == sheets.c.document_id)))
        held = select(sheet_rows.c.sheet_id).distinct().where(~exists().where(sheets.c.id == sheet_rows.c.sheet_id))
        ids = list(execute(held).scalars())
        if ids:
            execute(delete(sheet_rows).where(sheet_rows.c.sheet_id.in_(ids)))
        return max(looked.rowcount, lone.rowcount, len(ids))


_WHOLE = (sheets, documents.c.title.label("document"), documents.c.filename, documents.c.language, documents.c.demo)


def _query(*columns: ColumnElement[Any]) -> Select[Any]:
    return (
        select(*(columns or _WHOLE))
        .join_from(sheets, documents, documents.c.id == sheets.c.document_id)
        .join(collections)
        .where(_READY)
    )


def _sheet(row: Row[Any]) -> Sheet:
    values = row._mapping
    columns = tuple(SheetColumn(**{**one, "values": tuple(one["values"])}) for one in values["columns"])
    notes = tuple(Note(one["sentence"], one["values"]) for one in values["notes"])
    plain = ("id", "document_id", "n", "title", "rows", "document", "filename", "language", "demo")
    return Sheet(**{name: values[name] for name in plain}, columns=columns, notes=notes)


def _plain(value: Any) -> Cell:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() and abs(value) < 10**15 else float(value)
    if hasattr(value, "isoformat"):
        at: str = value.isoformat(" ", "minutes")
        return at.removesuffix(" 00:00")
    return value  # type: ignore[no-any-return]
