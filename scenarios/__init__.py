"""The registry of scenarios: one module and one prompt file each, one line each."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

from core.entities.corpora import CollectionKind
from core.errors import BadInput
from scenarios import analytics, documents, faq, offtopic, registration
from scenarios.base import Intent, Outcome, Reply, Scenario, Turn, Writing

_FORM = 2  # of an answer: what the scenarios make of what a model writes

REGISTRY: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (faq.SCENARIO, analytics.SCENARIO, registration.SCENARIO, documents.SCENARIO, offtopic.SCENARIO)
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


@cache
def version() -> str:
    """Changes with what comes with the product for models to read, and with the form of its answers."""
    told = "\n".join(f"{name}\n{scenario.instructions}" for name, scenario in sorted(REGISTRY.items()))
    return sha256(f"{_FORM}\n{told}".encode()).hexdigest()[:16]


__all__ = [
    "REGISTRY", "Intent", "Outcome", "Reply", "Scenario", "Turn", "Writing", "get", "of_kind", "version",
]  # fmt: skip
