"""What a file says about niches, copied into temporary tables of its transaction, and looked over there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from psycopg import Connection as Driver
from sqlalchemy import Connection, text

from data.stores import niche_staging_sql as sql
from data.stores.statements import run


class NicheStaging:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # --- taking in --------------------------------------------------------------------------------------------------

    def figures(self, rows: Iterable[tuple[int, str, str, str, date | None, float | None]]) -> None:
        """(line, code, metric, region or "", period, value); an empty value takes away what was there."""
        self._copy(sql.FIGURES, rows)

    def series(self, rows: Iterable[tuple[str, str, str, Sequence[float | None]]]) -> None:
        """(code, metric, region or "", values along the periods that `merge` is given)."""
        self._copy(sql.SERIES, rows)

    def niches(self, drafts: Iterable[Any]) -> None:
        """Objects with the fields of `sql.NICHES`; None in a field leaves what the niche has."""
        self._copy(sql.NICHES, ([getattr(one, name) for name in sql.NICHES.columns] for one in drafts))
        self._connection.execute(text("ANALYZE staged_niches"))

    def _copy(self, staging: sql.Staging, rows: Iterable[Sequence[Any]]) -> None:
        self._connection.execute(text(staging.create))
        with self._driver.cursor() as cursor, cursor.copy(staging.copy) as copy:
            copy.set_types(staging.types)
            for row in rows:
                copy.write_row(row)

    @property
    def _driver(self) -> Driver[Any]:
        driver: Driver[Any] = self._connection.connection.driver_connection  # type: ignore[assignment]
        return driver

    def choose_dataset(self, wanted: str, otherwise: str) -> str:
        """`wanted`, else the dataset that has at least half of the staged niches by code, else `otherwise`."""
        if wanted:
            return wanted
        found = run(self._connection, sql.DATASET_OF_STAGED).scalar_one_or_none()
        return str(found) if found else otherwise

    # --- looking over -----------------------------------------------------------------------------------------------

    def contradictions(self) -> list[tuple[int, int]]:
        """(first line, later line) of the staged figures that give different values to the same cell."""
        first = run(self._connection, f"{sql.CONTRADICTED} LIMIT 1").first()
        if first is None:  # as nearly always: no second pass over a million
            return []
        return [(one, later) for one, later in run(self._connection, sql.CONTRADICTIONS)]

    def timeless(self, dataset: str) -> list[int]:
        """Lines with a figure for no period where there are figures by month: those have their headline already. Empty
        cells of this kind say nothing, and are taken out."""
        values = {"dataset": dataset}
        if not run(self._connection, sql.BY_MONTH, values).scalar_one():
            return []
        run(self._connection, sql.DROP_EMPTY_TIMELESS, values)
        return list(run(self._connection, sql.TIMELESS, values).scalars())

    def drop_lines(self, lines: Sequence[int]) -> None:
        """Takes all that these lines of the file said out of what is staged."""
        if lines:
            run(self._connection, sql.DROP_LINES, {"lines": list(lines)})
