"""The tools of scenarios: bound to the caller's permissions by who runs them, and offered to models by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.entities.retrieval import Retrieval
from core.errors import BadInput
from niches.sheets.plan import SheetPlan
from rag.contract import Tool, ToolResult


@dataclass(frozen=True, slots=True)
class Article:
    """A question with its answer; `score` in [0, 1] says how well it fits what was searched."""

    id: str
    title: str
    text: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Found:
    """A niche of a shortlist; `title` is in the language that was asked in."""

    id: str
    title: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What a question about niches found: one `text` with its figures, and the `dashboard` with table and chart as
    `niches.snapshots` writes it. Without an answer `about` says what was not understood ("niche", "metric", …), `text`
    says so to the person, `choices` are the closest, `named` are the niches that the question calls by name, and
    `unknown` is the wording in it that nothing is called by. `asked` is the question that they answer, whole,
    `beyond` what it asks for that has no name, `region` where it asks for."""

    text: str
    dashboard: Mapping[str, Any] | None = None
    about: str = ""
    choices: tuple[Found, ...] = ()
    named: tuple[Found, ...] = ()
    unknown: str = ""
    asked: str = ""
    beyond: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Tabled:
    """What a question found in a table of a spreadsheet: `how` is the query in words, `text` one sentence with the
    figure, `dashboard` table and chart, `retrieval` the passage to cite. Without a `dashboard` the `text` says what is
    not understood; `choices` are the closest to the `unknown` wording."""

    text: str
    how: str = ""
    dashboard: Mapping[str, Any] | None = None
    retrieval: Retrieval | None = None
    choices: tuple[str, ...] = ()
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class TableOffered:
    """A table as a model is told of it: each of `columns` with its kind, unit and some of its values."""

    document_id: str
    n: int
    title: str
    columns: tuple[str, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class Titled:
    """A document that can be read, by its title."""

    id: str
    title: str


class Shelf(Protocol):
    """Documents as a whole: the files dropped into the conversation, else those of the collection that is asked."""

    def newest(self, most: int) -> tuple[Sequence[Titled], int]:
        """At most `most`, the newest first, and how many there are."""

    def called(self, named: str) -> Sequence[Titled]:
        """Those whose titles say most of these words, in any form."""

    def cited(self, message_id: UUID) -> Sequence[Titled]:
        """The documents that an answer of the conversation cites."""

    def read(self, document_id: str) -> Retrieval | None:
        """Its passages from its beginning, in order; None where it cannot be read."""


class Tables(Protocol):
    """The tables of the files dropped into the conversation, else of the collection that is asked."""

    def ask(self, question: str) -> Tabled | None:
        """The answer of an executed query; None: the question is not about figures of these tables."""

    def run(self, document_id: str, plan: SheetPlan, question: str) -> Tabled | None:
        """What a plan finds; None where there is no such table."""

    def offered(self, question: str, documents: Sequence[UUID]) -> Sequence[TableOffered]:
        """Tables to tell a model of: of the dropped files, else those of these documents that the question names
        something of."""


class Tools(Protocol):
    """Every method sees only what the caller may see, and returns nothing of the rest."""

    @property
    def tables(self) -> Tables: ...

    @property
    def shelf(self) -> Shelf: ...

    def faq_search(self, query: str, n: int = 5, last_article_id: str = "") -> Sequence[Article]:
        """The best articles, never the one with `last_article_id`."""

    def faq_get_by_id(self, article_id: str) -> tuple[Article, Retrieval] | None:
        """A whole article, and its text as passages to cite."""

    def analytics_titles_search(self, query: str, n: int = 25) -> Sequence[Found]:
        """At most `n` (up to 25) niches for any wording, best first."""

    def analytics_titles_random(self, n: int = 5) -> Sequence[Found]:
        """`n` (5 to 30) niches by chance."""

    def analytics_search(self, query: str) -> Figures:
        """A question in words, answered by a query on the figures."""

    def analytics_followed(self, question: str, before: str) -> str:
        """What a question asks that goes on with `before`: "and in Moscow?", "and the margin?"."""

    def analytics_get_by_niche(self, niche: str, region: str = "") -> Figures | None:
        """Everything about one niche, in a region by its English title: by its exact title, by a full scan, or by a
        wording that is near enough."""

    def read_scenario(self, path: str) -> str:
        """The text of a scenario's prompt; raises `NotFound` for what is not among them."""


# --- for models -----------------------------------------------------------------------------------------------------


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid")

    query: Annotated[str, Field(min_length=1, max_length=500)]


class _FaqQuery(_Query):
    n: Annotated[int, Field(ge=1, le=20)] = 5


class _TitleQuery(_Query):
    n: Annotated[int, Field(ge=1, le=25)] = 25


class _Some(BaseModel):
    model_config = ConfigDict(extra="forbid")

    n: Annotated[int, Field(ge=5, le=30)] = 5


class _ArticleId(BaseModel):
    model_config = ConfigDict(extra="forbid")

    article_id: str


class _NicheName(BaseModel):
    model_config = ConfigDict(extra="forbid")

    niche: Annotated[str, Field(min_length=1, max_length=200)]


class _Path(BaseModel):
    model_config = ConfigDict(extra="forbid")

    path: str


_Arguments = TypeVar("_Arguments", bound=BaseModel)


def for_faq(tools: Tools, last_article_id: str = "") -> tuple[Tool, ...]:
    """`last_article_id` is the article that the person has seen last: it is not found again."""

    def search(arguments: _FaqQuery) -> ToolResult:
        return _listed(tools.faq_search(arguments.query, arguments.n, last_article_id))

    def get(arguments: _ArticleId) -> ToolResult:
        found = tools.faq_get_by_id(arguments.article_id)
        return ToolResult(found[0].title, found[1].passages) if found else ToolResult("There is no such article.")

    return (
        _tool("faq_search", 'finds articles: {"query": "...", "n": 5}', _FaqQuery, search),
        _tool("faq_get_by_id", 'the whole article: {"article_id": "..."}', _ArticleId, get),
        _reading(tools),
    )


def for_analytics(tools: Tools) -> tuple[Tool, ...]:
    def titles(arguments: _TitleQuery) -> ToolResult:
        return _listed(tools.analytics_titles_search(arguments.query, arguments.n))

    def some(arguments: _Some) -> ToolResult:
        return _listed(tools.analytics_titles_random(arguments.n))

    def ask(arguments: _Query) -> ToolResult:
        return _figures(tools.analytics_search(arguments.query))

    def one(arguments: _NicheName) -> ToolResult:
        return _figures(tools.analytics_get_by_niche(arguments.niche))

    return (
        _tool("analytics_titles_search", 'titles of niches: {"query": "...", "n": 25}', _TitleQuery, titles),
        _tool("analytics_titles_random", 'some titles of niches: {"n": 5}', _Some, some),
        _tool("analytics_search", 'runs a query on the figures: {"query": "top 5 niches by revenue"}', _Query, ask),
        _tool("analytics_get_by_niche", 'the figures of one niche: {"niche": "..."}', _NicheName, one),
        _reading(tools),
    )


class _TableQuery(SheetPlan):
    document_id: str


def for_tables(tools: Tables, offered: Sequence[TableOffered], question: str) -> tuple[Tool, ...]:
    """One tool: a plan, checked against the columns of the table, never SQL."""
    if not offered:
        return ()

    def query(arguments: _TableQuery) -> ToolResult:
        plan = SheetPlan(**arguments.model_dump(exclude={"document_id"}))
        found = tools.run(arguments.document_id, plan, question)
        if found is None:
            return ToolResult("There is no such table.")
        choices = f" Closest: {', '.join(found.choices)}." if found.choices else ""
        passages = found.retrieval.passages if found.retrieval else ()
        return ToolResult(f"{found.how} {found.text}{choices}".strip(), passages, found.dashboard)

    listed = "; ".join(
        f"document_id {one.document_id}, table {one.n} “{one.title}”, {one.rows} rows: {' | '.join(one.columns)}"
        for one in offered
    )
    return (_tool("table_query", f"{_TABLE_QUERY} Tables: {listed}.", _TableQuery, query),)


_TABLE_QUERY = (
    "runs a query on a table; every figure of an answer must come from it: "
    '{"document_id": "...", "table": 1, "kind": "figure|groups|rows", '
    '"function": "count|sum|mean|median|min|max|share", "column": "...", "by": "...", "part": "|year|quarter|month", '
    '"where": [{"column": "...", "op": "=|!=|>|>=|<|<=|between|contains|empty|filled", "value": "...", '
    '"value2": "..."}], "show": ["..."], "sort": "...", "descending": true, "n": 10}.'
)


def _reading(tools: Tools) -> Tool:
    def read(arguments: _Path) -> ToolResult:
        return ToolResult(tools.read_scenario(arguments.path))

    return _tool("read_scenario", 'the rules of a scenario: {"path": "faq.md"}', _Path, read)


def _tool(name: str, description: str, shape: type[_Arguments], call: Callable[[_Arguments], ToolResult]) -> Tool:
    def checked(arguments: Mapping[str, Any]) -> ToolResult:
        try:
            valid = shape.model_validate(arguments)
        except ValidationError as error:
            problem = error.errors()[0]
            place = ".".join(str(part) for part in problem["loc"])
            raise BadInput("%(place)s: %(problem)s.", place=place, problem=problem["msg"]) from error
        return call(valid)

    return Tool(name, description, checked)


def _listed(found: Sequence[Article] | Sequence[Found]) -> ToolResult:
    rows = [{"id": one.id, "title": one.title, "score": round(one.score, 3)} for one in found]
    return ToolResult(json.dumps(rows, ensure_ascii=False))


def _figures(found: Figures | None) -> ToolResult:
    if found is None:
        return ToolResult("There is no such niche.")
    choices = f" Closest: {', '.join(one.title for one in found.choices)}." if found.choices else ""
    return ToolResult(found.text + choices, dashboard=found.dashboard)
