"""A SQL database: the rows of one query that only reads, each a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, SecretStr, model_validator

from core.entities.sources import Broken, Record
from core.errors import SourceFailed
from data import foreign
from rag.sources.base import NO_ID, Config, Records, Surroundings, TextFormat, text_record


class DatabaseConfig(Config):
    """`url` is SQLAlchemy's; a password in it moves to `password`. The columns are named as the query names them."""

    url: str
    password: SecretStr = SecretStr("")
    query: str
    id_column: str = Field(min_length=1)
    title_column: str = ""
    text_column: str = Field(min_length=1)
    updated_column: str = ""
    text_format: TextFormat = "text"

    @property
    def addressee(self) -> str:
        return foreign.server_of(self.url)

    @model_validator(mode="before")
    @classmethod
    def _without_password(cls, values: Any) -> Any:
        if not isinstance(values, Mapping) or not isinstance(values.get("url"), str):
            return values
        url, password = foreign.split_url(values["url"])
        foreign.check_statement(str(values.get("query", "")))
        return {**values, "url": url, **({"password": password} if password else {})}


def read(config: DatabaseConfig, around: Surroundings) -> Records:
    query = foreign.Query(
        config.url,
        config.password.get_secret_value(),
        config.query,
        around.reach.addresses,
        around.below_roots,
        around.limits.seconds,
    )
    for number, row in enumerate(foreign.rows(query), start=1):
        yield _record(config, row, number, around)


def _record(config: DatabaseConfig, row: Mapping[str, Any], number: int, around: Surroundings) -> Record | Broken:
    key = _cell(row, config.id_column)
    if not key:
        return Broken(f"#{number}", NO_ID)
    title, stamp = _cell(row, config.title_column), _cell(row, config.updated_column)
    return text_record(key, title, _cell(row, config.text_column), stamp, config.text_format, around.limits)


def _cell(row: Mapping[str, Any], column: str) -> str:
    if not column:
        return ""
    if column not in row:
        raise SourceFailed(
            "The query has no column %(name)s. It has: %(columns)s.", name=column, columns=", ".join(row)
        )
    value = row[column]
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    return "" if value is None else str(value)
