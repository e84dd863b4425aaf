"""What has changed in a comparison since it was last told, as server-sent events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from api.playground_schemas import AttemptOut, ExperimentOut
from core.entities.playground import Attempt, Experiment


def news(told: Experiment | None, state: Experiment, *, ended: bool) -> Iterator[str]:
    """`told` is None at the beginning; with `ended` the last event says everything again, as it was kept."""
    if told is None:
        yield event("started", {"id": str(state.id)})
    for column, lane in enumerate(state.lanes):
        known = told.lanes[column].attempts if told else ()
        for number, attempt in enumerate(lane.attempts):
            before = known[number] if number < len(known) else Attempt()
            where = {"column": column, "attempt": number}
            if attempt.text != before.text:
                yield event("token", where | _grown(before.text, attempt.text))
            if attempt.ended and not before.ended:
                yield event("column", where | {"result": AttemptOut.of(attempt).model_dump(mode="json")})
    if ended:
        yield event("done", ExperimentOut.of(state).model_dump(mode="json"))


def event(kind: str, data: dict[str, Any]) -> str:
    return f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


def _grown(before: str, now: str) -> dict[str, Any]:
    return {"text": now[len(before) :]} if now.startswith(before) else {"text": now, "replace": True}
