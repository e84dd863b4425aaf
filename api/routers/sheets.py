"""Tables of spreadsheets: what they hold, filtered, sorted and grouped, and corrections of their types."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ValidationError

from api.dependencies import CurrentPrincipal, CurrentServices
from api.inputs import Number, Place, Storable
from api.sheet_schemas import ColumnIn, SheetAnswerOut, SheetOut, SheetQuestionIn, SheetRowsOut, SheetsOut
from core.entities.sheets import Function, Part
from core.errors import BadInput
from niches.sheets.plan import MOST_ROWS, Condition, SheetPlan
from niches.wording import language as language_of

_OPERATORS = {"eq": "=", "ne": "!=", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_FILTER = re.compile(
    r"(?P<column>.+?):(?P<op>eq|ne|gt|ge|lt|le|between|contains|empty|filled)(?::(?P<value>.*))?", re.S
)
_FILTERS = "`column:operator:value`, several are all to hold; operators: eq, ne, gt, ge, lt, le, between (`a..b`), contains, empty, filled."  # noqa: E501
router = APIRouter(prefix="/documents/{document_id}/tables", tags=["tables"])
Name = Annotated[Storable, Query(max_length=300)]


@router.get("")
def list_tables(document_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> SheetsOut:
    """The tables of a spreadsheet: one for each sheet with a header."""
    found, problem = services.sheets.list(principal, document_id)
    return SheetsOut(tables=[SheetOut.of(one) for one in found], problem=problem)


@router.get("/{n}")
def read_table(
    document_id: UUID,
    n: Number,
    principal: CurrentPrincipal,
    services: CurrentServices,
    filter_: Annotated[list[Storable], Query(alias="filter", description=_FILTERS)] = [],  # noqa: B006 - FastAPI's
    sort: Annotated[Storable, Query(max_length=301, description="A column; `-` before it: the largest first.")] = "",
    group: Annotated[Storable, Query(max_length=300, description="A column: one row for each of its values.")] = "",
    part: Annotated[Part, Query(description="Of a date to group by.")] = "",
    function: Annotated[Function | None, Query(description="Without a group: one figure.")] = None,
    column: Annotated[Storable, Query(max_length=300, description="What the function is of.")] = "",
    show: Annotated[list[Storable], Query(description="Columns of the rows; all without it.")] = [],  # noqa: B006
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 100,
    offset: Annotated[int, Query(ge=0, le=100_000_000)] = 0,
) -> SheetRowsOut:
    """Rows, one figure, or figures by group, always by a query that the answer shows."""
    kind: Literal["rows", "figure", "groups"] = "groups" if group else "figure" if function else "rows"
    plan = _plan(
        table=n,
        kind=kind,
        function=function or ("sum" if column else "count"),
        column=column,
        by=group,
        part=part,
        where=[_condition(one) for one in filter_],
        show=show,
        sort=sort.removeprefix("-") if kind == "rows" else "",
        by_value=sort.removeprefix("-") != group,
        descending=sort.startswith("-") if sort else kind == "groups",
        n=limit,
        offset=offset,
    )
    sheet, found = services.sheets.run(principal, document_id, plan)
    return SheetRowsOut.of_rows(sheet, plan, found)


@router.post("/ask")
def ask_tables(
    document_id: UUID, body: SheetQuestionIn, principal: CurrentPrincipal, services: CurrentServices
) -> SheetAnswerOut:
    """A question in English or Russian, or a plan: the query that answers it, and the answer. What cannot be answered
    has a `refusal` with the closest choices."""
    if body.plan is not None:
        language = "ru" if principal.locale == "ru" else "en"
        questions = services.sheets.questions
        return SheetAnswerOut.of(questions.run(principal, body.question, document_id, body.plan, language))
    return SheetAnswerOut.of(services.sheets.ask(principal, document_id, body.question, language_of(body.question)))


@router.patch("/{n}/columns/{place}")
def correct_column(
    document_id: UUID, n: Number, place: Place, body: ColumnIn, principal: CurrentPrincipal, services: CurrentServices
) -> SheetOut:
    """Reads a column as another type, for everybody; for who may delete the document."""
    return SheetOut.of(services.sheets.correct(principal, document_id, n, place, body.type))


def _plan(**values: Any) -> SheetPlan:
    try:
        return SheetPlan(**values)
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"])
        raise BadInput("%(place)s: %(problem)s.", place=place, problem=problem["msg"]) from error


def _condition(said: str) -> Condition:
    found = _FILTER.fullmatch(said)
    if not found:
        raise BadInput("A filter is written as column:operator:value; “%(said)s” is not.", said=said[:100])
    op, value, value2 = found["op"], found["value"], None
    if op == "between":
        value, _, value2 = (value or "").partition("..")
    try:
        return Condition.model_validate(
            {"column": found["column"], "op": _OPERATORS.get(op, op), "value": value, "value2": value2}
        )
    except ValidationError as error:
        raise BadInput("A filter is written as column:operator:value; “%(said)s” is not.", said=said[:100]) from error
