"""The registry of scenarios: one module and one prompt file each, one line each."""

from __future__ import annotations

from core.entities import CollectionKind
from core.errors import BadInput
from scenarios import analytics, documents, faq
from scenarios.base import Scenario, Turn

REGISTRY: dict[str, Scenario] = {
    scenario.name: scenario for scenario in (faq.SCENARIO, analytics.SCENARIO, documents.SCENARIO)
}


def get(name: str) -> Scenario:
    """The scenario called `name` in any case; raises `BadInput` that lists the choices."""
    scenario = REGISTRY.get(name.upper())
    if scenario is None:
        raise BadInput(
            "There is no scenario %(name)s. Choose one of: %(choices)s.", name=name, choices=", ".join(REGISTRY)
        )
    return scenario


def of_kind(kind: CollectionKind) -> Scenario:
    """The scenario that answers from collections of `kind`."""
    return next(scenario for scenario in REGISTRY.values() if kind in scenario.kinds)


__all__ = ["REGISTRY", "Scenario", "Turn", "get", "of_kind"]
