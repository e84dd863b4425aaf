"""An answer with figures as JSON, so that it is kept with its message and drawn again as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from core.entities.niches import Metric
from niches.plan import Plan
from niches.results import Answer, Chart, Column, Proposal, Stamp, Table


def snapshot(answer: Answer) -> dict[str, Any]:
    """Of an answer that has figures."""
    return {
        "question": answer.question,
        "text": answer.text,
        "plan": answer.plan.model_dump(mode="json") if answer.plan else None,
        "table": asdict(answer.table) if answer.table else None,
        "chart": asdict(answer.chart),
        "metric": asdict(answer.metric) if answer.metric else None,
        "stamp": asdict(answer.stamp) if answer.stamp else None,
        "sql": answer.sql,
        "parameters": dict(answer.parameters),
        "took_ms": answer.took_ms,
        "proposal": asdict(answer.proposal) if answer.proposal else None,
    }


def restored(kept: Mapping[str, Any]) -> Answer:
    return Answer(
        question=kept["question"],
        plan=Plan.model_validate(kept["plan"]) if kept["plan"] else None,
        table=_table(kept["table"]) if kept["table"] else None,
        chart=Chart(**kept["chart"]),
        text=kept["text"],
        metric=Metric(**kept["metric"]) if kept["metric"] else None,
        stamp=Stamp(**kept["stamp"]) if kept["stamp"] else None,
        sql=kept["sql"],
        parameters=kept["parameters"],
        took_ms=kept["took_ms"],
        proposal=_proposal(kept.get("proposal")),
    )


def _proposal(kept: Mapping[str, Any] | None) -> Proposal | None:
    """Answers from before models proposed plans have none."""
    return Proposal(kept["model"], tuple((words, name) for words, name in kept["taken"])) if kept else None


def _table(kept: Mapping[str, Any]) -> Table:
    columns = tuple(Column(**column) for column in kept["columns"])
    return Table(columns, tuple(tuple(row) for row in kept["rows"]), kept["total"])
