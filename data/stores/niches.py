"""The catalogue of niche analytics: datasets, sectors, regions, metrics and niches."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, func, select

from core.entities.niches import Catalogue, Dataset, Metric, Niche, Region, Sector
from data.tables.niches import niche_datasets, niche_metrics, niche_regions, niche_sectors, niche_vectors, niches

_Entity = TypeVar("_Entity")


def entity(kind: type[_Entity], row: Row[Any], **other: Any) -> _Entity:
    """`row` as an entity whose fields are called like its columns; arrays become tuples."""
    values = {one.name: row._mapping.get(one.name) for one in fields(kind) if one.name not in other}  # type: ignore[arg-type]
    return kind(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}, **other)


class Niches:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def stamp(self) -> str:
        """Changes with every import and undoing, and with the vectors that are there."""
        vectors = select(func.count()).select_from(niche_vectors).scalar_subquery()
        found = self._connection.execute(
            select(niche_datasets.c.id, niche_datasets.c.revision, vectors.label("vectors")).order_by(
                niche_datasets.c.id
            )
        )
        return " ".join(f"{row.id}:{row.revision}:{row.vectors}" for row in found)

    def revision(self) -> str:
        """Changes with every import and undoing."""
        rows = self._connection.execute(
            select(niche_datasets.c.id, niche_datasets.c.revision).order_by(niche_datasets.c.id)
        )
        return " ".join(f"{row.id}:{row.revision}" for row in rows)

    def catalogue(self) -> Catalogue:
        def all_of(table: Any, kind: type[_Entity]) -> dict[int, _Entity]:
            rows = self._connection.execute(select(table).order_by(table.c.id))
            return {row.id: entity(kind, row) for row in rows}

        metrics = self._connection.execute(
            select(niche_metrics).order_by(niche_metrics.c.formula != "", niche_metrics.c.position, niche_metrics.c.id)
        )
        found = self._connection.execute(select(niches).order_by(niches.c.title, niches.c.id))
        return Catalogue(
            revision=self.revision(),
            datasets=all_of(niche_datasets, Dataset),
            sectors=all_of(niche_sectors, Sector),
            regions=all_of(niche_regions, Region),
            metrics={row.id: entity(Metric, row) for row in metrics},
            niches={row.public_id: entity(Niche, row, id=row.public_id, key=row.id) for row in found},
        )
