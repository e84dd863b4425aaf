"""ANALYTICS: questions about business niches, answered from the articles about them."""

from __future__ import annotations

from pathlib import Path

from core.entities import CollectionKind
from scenarios.base import Scenario

SCENARIO = Scenario(
    name="ANALYTICS",
    collection="analytics",
    kinds=(CollectionKind.ANALYTICS,),
    prompt=Path(__file__).with_name("analytics.md"),
)
