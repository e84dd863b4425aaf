"""An experiment's body as JSON and back; passages are kept without their text, which stays with the documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from core.entities.messages import Action, Usage
from core.entities.playground import Attempt, Cell, Configuration, Experiment, Lane, Source


def body_of(experiment: Experiment) -> dict[str, Any]:
    return {
        "question": experiment.question,
        "collection": experiment.collection,
        "repeats": experiment.repeats,
        "lanes": [asdict(lane) for lane in experiment.lanes],
        "sources": [_without_text(source) for source in experiment.sources],
        "grid": [asdict(cell) for cell in experiment.grid],
        "sweep_id": str(experiment.sweep_id) if experiment.sweep_id else None,
        "setup": dict(experiment.setup),
    }


def parts_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `Experiment` that `body_of` kept."""
    return {
        "question": body["question"],
        "collection": body["collection"],
        "repeats": body["repeats"],
        "lanes": tuple(_lane(lane) for lane in body["lanes"]),
        "sources": tuple(_source(source) for source in body["sources"]),
        "grid": tuple(_cell(cell) for cell in body["grid"]),
        "sweep_id": UUID(body["sweep_id"]) if body["sweep_id"] else None,
        "setup": body.get("setup", {}),
    }


def _without_text(source: Source) -> dict[str, Any]:
    kept = asdict(source) | {"chunk_id": str(source.chunk_id), "document_id": str(source.document_id)}
    del kept["text"]
    return kept


def _source(values: Mapping[str, Any]) -> Source:
    ids = {name: UUID(values[name]) for name in ("chunk_id", "document_id")}
    return Source(**{**values, **ids})


def _lane(values: Mapping[str, Any]) -> Lane:
    return Lane(Configuration(**values["configuration"]), tuple(map(_attempt, values["attempts"])))


def _cell(values: Mapping[str, Any]) -> Cell:
    return Cell(**{**values, "attempts": tuple(map(_attempt, values["attempts"]))})


def _attempt(values: Mapping[str, Any]) -> Attempt:
    texts = {name: tuple(values[name]) for name in ("ignored", "applied", "cited")}
    return Attempt(**{**values, **texts, "action": Action(values["action"]), "usage": Usage(**values["usage"])})
