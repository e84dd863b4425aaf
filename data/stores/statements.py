"""Statements that are written as SQL, where SQLAlchemy's own words would say it less plainly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, text


def run(
    connection: Connection, statement: str, values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
) -> CursorResult[*tuple[Any, ...]]:
    return connection.execute(text(statement), values or {})
