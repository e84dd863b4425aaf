# ruff: noqa: S608 - only names of our own are put together here
"""Imports of niche figures: what was imported when, and taking the last one of a dataset back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, text, update

from core.entities.niches import ImportRun, ImportSource
from data.stores.statements import run
from data.tables import metadata
from data.tables.niche_imports import niche_imports

_LOCK = 0x6E696D70  # one import at a time
_KEPT = 5  # imports of a dataset that can be undone, one after the other
_RESTORED = ("niches", "niche_metrics", "niche_regions", "niche_datasets")

_OLDER = """
SELECT id FROM niche_imports WHERE dataset = :dataset AND state = 'applied' ORDER BY applied_at DESC OFFSET :kept
"""
_PRUNE = (
    f"DELETE FROM niche_before WHERE import_id IN ({_OLDER})",
    f"UPDATE niche_imports SET sealed = true WHERE id IN ({_OLDER})",
)
_UNDO_VALUES = (
    "DELETE FROM niche_values WHERE import_id = :import",
    """
INSERT INTO niche_values
SELECT (jsonb_populate_record(CAST(NULL AS niche_values), row)).* FROM niche_before
WHERE import_id = :import AND entity = 'niche_values'
""",
)
_RESTORE = """
UPDATE {table} t SET {assigned}
FROM (SELECT (jsonb_populate_record(CAST(NULL AS {table}), row)).* FROM niche_before
      WHERE import_id = :import AND entity = '{table}') b
WHERE t.id = b.id
"""


def _run_of(row: Row[Any]) -> ImportRun:
    return ImportRun(
        row.id, row.dataset, row.filename, row.state, row.counts, row.created_at, row.demo, row.sha256, not row.sealed
    )


class NicheImports:
    """One import is, all in one transaction: `lock`, what `NicheStaging` takes in, `NicheMerging.merge`, `finish`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self) -> None:
        """Waits until no other import runs; held until the end of the transaction."""
        self._connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})

    # --- history ----------------------------------------------------------------------------------------------------

    def start(
        self, filename: str, sha256: str, mapping: Mapping[str, Any], created_by: UUID | None, *, demo: bool = False
    ) -> UUID:
        row = {"filename": filename, "sha256": sha256, "mapping": dict(mapping), "created_by": created_by, "demo": demo}
        made: UUID = self._connection.execute(
            insert(niche_imports).values(row).returning(niche_imports.c.id)
        ).scalar_one()
        return made

    def source(self, import_id: UUID) -> ImportSource | None:
        """Of an import that waits."""
        table = niche_imports.c
        query = select(table.filename, table.sha256, table.mapping).where(
            table.id == import_id, table.state == "waiting"
        )
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        options = row.mapping
        return ImportSource(
            import_id, row.filename, row.sha256, options.get("correction"), bool(options.get("dry_run"))
        )

    def finish(self, import_id: UUID, state: str, counts: Mapping[str, Any]) -> None:
        self._connection.execute(
            update(niche_imports)
            .where(niche_imports.c.id == import_id)
            .values(state=state, counts=dict(counts), applied_at=func.clock_timestamp())
        )

    def history(self, limit: int = 50) -> list[ImportRun]:
        """Newest first."""
        rows = self._connection.execute(
            select(niche_imports).order_by(niche_imports.c.created_at.desc(), niche_imports.c.id).limit(limit)
        )
        return [_run_of(row) for row in rows]

    def last_of(self, dataset: str) -> ImportRun | None:
        """The newest import that is applied to a dataset."""
        table = niche_imports.c
        query = select(niche_imports).where(table.dataset == dataset, table.state == "applied")
        row = self._connection.execute(query.order_by(table.applied_at.desc()).limit(1)).one_or_none()
        return _run_of(row) if row else None

    def get(self, import_id: UUID) -> ImportRun | None:
        row = self._connection.execute(select(niche_imports).where(niche_imports.c.id == import_id)).one_or_none()
        return _run_of(row) if row else None

    # --- undoing ----------------------------------------------------------------------------------------------------

    def keep(self, import_id: UUID, table: str, where: str, **values: Any) -> None:
        """Copies rows of a table as they are, before the import changes them; `where` is SQL of our own with places
        for `values`."""
        statement = f"INSERT INTO niche_before (import_id, entity, row) SELECT :import, '{table}', to_jsonb(t) FROM {table} t WHERE {where}"  # noqa: E501
        run(self._connection, statement, {"import": import_id, **values})

    def prune(self, dataset: str) -> None:
        """Forgets what older imports replaced: only the last few of a dataset can be undone."""
        for statement in _PRUNE:
            run(self._connection, statement, {"dataset": dataset, "kept": _KEPT})

    def undo(self, import_id: UUID) -> int | None:
        """Makes everything what it was before the import, which must be its dataset's last; returns the dataset's id,
        None when there is no dataset any more. Derived metrics are to be computed anew."""
        values = {"import": import_id}
        for statement in _UNDO_VALUES:
            run(self._connection, statement, values)
        for name in _RESTORED:
            # A revision never comes back: what was cached under it would be shown again.
            columns = [c.name for c in metadata.tables[name].columns if c.name not in ("id", "revision")]
            assigned = ", ".join(f"{column} = b.{column}" for column in columns)
            run(self._connection, _RESTORE.format(table=name, assigned=assigned), values)
        for name in ("niches", "niche_metrics", "niche_regions", "niche_sectors", "niche_datasets"):
            run(self._connection, f"DELETE FROM {name} WHERE import_id = :import", values)
        query = select(niche_imports.c.dataset_id).where(niche_imports.c.id == import_id)
        dataset_id: int | None = self._connection.execute(query).scalar_one()
        run(self._connection, "UPDATE niche_imports SET state = 'undone' WHERE id = :import", values)
        if dataset_id is not None:
            statement = "UPDATE niche_datasets SET revision = revision + 1 WHERE id = :dataset"
            run(self._connection, statement, {"dataset": dataset_id})
        return dataset_id

    def drop_dataset(self, name: str) -> None:
        """Removes a dataset with its niches and figures."""
        run(self._connection, "DELETE FROM niche_values v USING niche_metrics m, niche_datasets d WHERE v.metric_id = m.id AND m.dataset_id = d.id AND d.name = :name", {"name": name})  # fmt: skip  # noqa: E501
        run(self._connection, "DELETE FROM niche_datasets WHERE name = :name", {"name": name})
