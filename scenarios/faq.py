"""FAQ: how the service works, answered from the articles about it."""

from __future__ import annotations

from pathlib import Path

from core.entities import CollectionKind
from scenarios.base import Scenario

SCENARIO = Scenario(
    name="FAQ",
    collection="faq",
    kinds=(CollectionKind.FAQ,),
    prompt=Path(__file__).with_name("faq.md"),
)
