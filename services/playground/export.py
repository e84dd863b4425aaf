"""An experiment as a file: JSON with everything, CSV with one row for each answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from core.entities.playground import Attempt, Experiment, Lane
from services import spreadsheets

_COLUMNS = (
    "column", "repeat", "temperature", "top_p", "provider", "model", "params", "status", "text", "first_ms", "took_ms",
    "prompt_tokens", "completion_tokens", "estimated", "cost", "applied", "ignored", "window", "cited", "error",
)  # fmt: skip


def as_json(experiment: Experiment) -> bytes:
    whole = {
        "id": experiment.id,
        "title": experiment.title,
        "created_at": experiment.created_at.isoformat(),
        "question": experiment.question,
        "collection": experiment.collection,
        "repeats": experiment.repeats,
        "setup": dict(experiment.setup),
        "passages": [asdict(source) for source in experiment.sources],
        "columns": [asdict(lane) for lane in experiment.lanes],
        "sweep": [asdict(cell) for cell in experiment.grid],
    }
    return json.dumps(whole, ensure_ascii=False, indent=2, default=str).encode()


def as_csv(experiment: Experiment) -> bytes:
    return spreadsheets.as_csv(_COLUMNS, ([row.get(name) for name in _COLUMNS] for row in _rows(experiment)))


def _rows(experiment: Experiment) -> Iterator[dict[str, Any]]:
    for number, lane in enumerate(experiment.lanes, start=1):
        for repeat, attempt in enumerate(lane.attempts, start=1):
            params = lane.configuration.params
            point = {"temperature": params.get("temperature"), "top_p": params.get("top_p")}
            yield {"column": number, "repeat": repeat, **point, "params": _params(lane), **_measures(attempt)}
    for cell in experiment.grid:
        for repeat, attempt in enumerate(cell.attempts, start=1):
            point = {"temperature": cell.temperature, "top_p": cell.top_p}
            yield {"column": "sweep", "repeat": repeat, **point, **_measures(attempt)}


def _measures(attempt: Attempt) -> dict[str, Any]:
    whole = asdict(attempt) | asdict(attempt.usage)
    whole |= {name: " ".join(map(str, whole[name])) for name in ("applied", "ignored", "cited")}
    return {name: whole[name] for name in _COLUMNS if name in whole}


def _params(lane: Lane) -> str:
    return json.dumps(dict(lane.configuration.params), ensure_ascii=False)
