"""What makes the engine usable before the first question: the model in memory, both indexes open and complete."""

from __future__ import annotations

from rag.questions import Questions
from services.health import Health
from services.indexing import Indexing


def register_engine(health: Health, questions: Questions, indexing: Indexing) -> None:
    """Nothing is loaded here; `health.warm` does it behind the first page. What an index lacks is written from SQL."""
    health.register("models", questions.model)
    health.register("vectors", indexing.restore_vectors)
    health.register("lexical", indexing.restore_lexical)
