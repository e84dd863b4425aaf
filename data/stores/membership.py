"""A condition that several stores share: a column's value is one of those given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, any_, literal


def among(column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """One parameter however many `values`: each length of an IN list is a statement of its own, to compile and to
    plan, and thousands take longer to compile than to find."""
    return column == any_(literal(list(values), ARRAY(column.type)))
