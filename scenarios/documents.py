"""DOCUMENTS: questions to the company's documents and to one's own."""

from __future__ import annotations

from pathlib import Path

from core.entities import CollectionKind
from scenarios.base import Scenario

SCENARIO = Scenario(
    name="DOCUMENTS",
    collection="documents",
    kinds=(CollectionKind.DOCUMENTS, CollectionKind.PERSONAL),
    prompt=Path(__file__).with_name("documents.md"),
)
