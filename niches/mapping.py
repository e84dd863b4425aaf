"""How the columns of a table become niches, regions, periods and metrics: guessed, then corrected by people."""

from __future__ import annotations

import re
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.errors import BadInput
from niches import reading, values
from niches.lexicon import draft

LONGEST_TITLE, LONGEST_METRIC = 200, 100  # characters


class Role(StrEnum):
    """What a column holds. `metric` is a column of figures of one metric; `metric_name` and `value` go together."""

    CODE = "code"
    TITLE = "title"
    TITLE_RU = "title_ru"
    SECTOR = "sector"
    SECTOR_RU = "sector_ru"
    REGION = "region"
    PERIOD = "period"
    TAGS = "tags"
    TAGS_RU = "tags_ru"
    TEXT = "text"
    TEXT_RU = "text_ru"
    METRIC = "metric"
    METRIC_NAME = "metric_name"
    VALUE = "value"
    IGNORE = "ignore"


class ColumnRole(BaseModel):
    """The last three say more of a metric than its column's name does."""

    model_config = ConfigDict(extra="forbid")

    role: Role
    metric: str = Field(default="", max_length=LONGEST_METRIC, pattern=r"^\w*$")
    title: str = Field(default="", max_length=200)
    unit: str = Field(default="", max_length=60)


class Mapping(BaseModel):
    """`dataset` is the name under which figures are kept apart from those of other sources; empty: the dataset whose
    niches the file is about, else a new one called like the file."""

    model_config = ConfigDict(extra="forbid")

    layout: Literal["table", "articles"] = "table"
    dataset: str = Field(default="", max_length=100, pattern=r"^[a-z0-9][a-z0-9_-]*$|^$")
    title: str = Field(default="", max_length=LONGEST_TITLE)
    source: str = Field(default="", max_length=500)
    as_of: str = Field(default="", max_length=40)
    columns: dict[str, ColumnRole] = Field(default_factory=dict)
    skip_bad_rows: bool = False

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, columns: object) -> object:
        """`{"naics": "code"}` is as good as `{"naics": {"role": "code"}}`."""
        if not isinstance(columns, Dict):
            return columns
        return {name: {"role": role} if isinstance(role, str) else role for name, role in columns.items()}

    def of(self, role: Role) -> list[str]:
        return [name for name, column in self.columns.items() if column.role is role]


_NAMES: dict[Role, tuple[str, ...]] = {
    Role.CODE: ("naics", "code", "id", "niche_id", "article_id", "код", "okved", "оквэд", "номер"),
    Role.TITLE: ("niche", "title", "name", "title_en", "niche_title", "industry", "ниша", "название", "отрасль"),
    Role.TITLE_RU: ("title_ru", "niche_ru", "name_ru", "название_ru"),
    Role.SECTOR: ("sector", "meta_tags", "category", "group", "сектор", "категория", "группа", "sector_en"),
    Role.SECTOR_RU: ("sector_ru",),
    Role.REGION: ("metro", "region", "city", "area", "state", "регион", "город", "область", "country"),
    Role.PERIOD: ("period", "month", "date", "year", "период", "месяц", "дата", "год", "quarter"),
    Role.TAGS: ("tags", "aliases", "synonyms", "теги", "синонимы", "tags_en", "aliases_en"),
    Role.TAGS_RU: ("tags_ru", "aliases_ru"),
    Role.TEXT: ("text", "description", "analytics", "summary", "описание", "текст", "аналитика"),
    Role.TEXT_RU: ("text_ru", "description_ru"),
    Role.METRIC_NAME: ("metric", "measure", "indicator", "метрика", "показатель"),
    Role.VALUE: ("value", "amount", "значение"),
}
_ROLE_OF = {name: role for role, names in _NAMES.items() for name in names}
_FIGURES = 0.7  # of the cells that are not empty: then a column holds figures


def guess(header: Sequence[str], sample: Sequence[Sequence[str]], filename: str) -> Mapping:
    """The likely role of every column; `sample` are the first rows."""
    columns: dict[str, ColumnRole] = {}
    taken: set[Role] = set()
    for position, name in enumerate(header):
        role = _ROLE_OF.get(re.sub(r"[\s-]+", "_", name.strip().lower()))
        if role is None or role in taken:
            cells = [row[position] for row in sample if position < len(row)]
            role = Role.METRIC if _mostly_figures(cells) else Role.IGNORE
        taken.add(role)
        metric = draft(name).name[:LONGEST_METRIC]
        columns[name] = ColumnRole(role=role, metric=metric if role is Role.METRIC else "")
    if not taken & {Role.CODE, Role.TITLE} and (first := next(iter(columns), "")):
        columns[first] = ColumnRole(role=Role.TITLE)
    return Mapping(columns=columns, title=_title(filename), as_of=_year(filename))


def of_articles(filename: str) -> Mapping:
    return Mapping(layout="articles", title=_title(filename), as_of=_year(filename))


def corrected(guessed: Mapping, correction: Dict[str, Any] | None) -> Mapping:
    """`guessed` with what a person said otherwise; raises BadInput that names what does not fit."""
    if not correction:
        return guessed
    try:
        wanted = Mapping.model_validate(dict(correction))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(
            "The mapping cannot be used: %(where)s: %(reason)s.", where=where, reason=first["msg"]
        ) from error
    unknown = wanted.columns.keys() - guessed.columns.keys()
    if unknown:
        raise BadInput("The file has no column %(name)s.", name=min(unknown))
    said = {name: getattr(wanted, name) for name in wanted.model_fields_set - {"columns", "layout"}}
    return guessed.model_copy(update={**said, "columns": {**guessed.columns, **wanted.columns}})


def of_file(path: Path, filename: str, correction: Dict[str, Any] | None) -> Mapping:
    """The guess for a file with what a person said otherwise; raises ParseFailed and BadInput."""
    if reading.is_articles(filename):
        return corrected(of_articles(filename), correction)
    with reading.table(path, filename) as table:
        return corrected(guess(table.header, table.sample, filename), correction)


def check(mapping: Mapping) -> None:
    """Raises BadInput when rows could not be told apart or hold nothing."""
    if mapping.layout == "articles":
        return
    if not mapping.of(Role.CODE) and not mapping.of(Role.TITLE):
        raise BadInput("No column says which niche a row is about. Mark one as code or title.")
    single = [role for role in Role if role not in (Role.METRIC, Role.IGNORE) and len(mapping.of(role)) > 1]
    if single:
        raise BadInput("Only one column can be %(role)s.", role=single[0].value)
    if bool(mapping.of(Role.METRIC_NAME)) != bool(mapping.of(Role.VALUE)):
        raise BadInput("A column with names of metrics needs a column with their values, and the other way round.")


def _mostly_figures(cells: Sequence[str]) -> bool:
    good = bad = 0
    for cell in cells:
        try:
            good += values.number(cell) is not None
        except ValueError:
            bad += 1
    return good > 0 and good >= _FIGURES * (good + bad)


def _title(filename: str) -> str:
    return PurePath(filename).stem.replace("_", " ").strip()[:LONGEST_TITLE]


def _year(filename: str) -> str:
    found = re.search(r"(?<!\d)(?:19|20)\d\d(?!\d)", filename)
    return found[0] if found else ""


def slug(filename: str) -> str:
    """A dataset's name made of a file's."""
    plain = re.sub(r"[^a-z0-9]+", "_", PurePath(filename).stem.lower()).strip("_")
    return plain[:100] or "figures"
