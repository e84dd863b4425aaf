"""The kinds of columns that tables are made of, and what collects the tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    Text,
    Uuid,
    func,
)
from sqlalchemy import (
    text as sql,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def id() -> Column[Any]:
    return Column("id", Uuid, primary_key=True, server_default=sql("gen_random_uuid()"))


def time(name: str, *, now: bool = False, **options: Any) -> Column[Any]:
    default = func.now() if now else None
    return Column(name, DateTime(timezone=True), nullable=not now, server_default=default, **options)


def text(name: str, default: str | None = "", **options: Any) -> Column[Any]:
    return Column(name, Text, nullable=False, server_default=default, **options)


def ref(name: str, target: str, *, delete: str = "CASCADE", nullable: bool = False) -> Column[Any]:
    return Column(name, Uuid, ForeignKey(target, ondelete=delete), nullable=nullable)


def count(name: str) -> Column[Any]:
    return Column(name, Integer, nullable=False, server_default="0")


def texts(name: str) -> Column[Any]:
    return Column(name, ARRAY(Text), nullable=False, server_default="{}")


def people(name: str) -> Column[Any]:
    """Ids of users; one that is gone names nobody, for ids are never used again."""
    return Column(name, ARRAY(Uuid), nullable=False, server_default="{}")


def json(name: str) -> Column[Any]:
    return Column(name, JSONB, nullable=False, server_default=sql("'{}'::jsonb"))
