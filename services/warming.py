"""What makes the engine usable before the first question: the model in memory, both indexes open."""

from __future__ import annotations

from data.database import Database
from rag.lexical import Lexical
from rag.questions import Questions
from rag.vectors import Vectors
from services.health import Health


def register_engine(health: Health, db: Database, questions: Questions, vectors: Vectors, lexical: Lexical) -> None:
    """Nothing is loaded here; `health.warm` does it behind the first page."""

    def active() -> list[str]:
        with db.begin() as tx:
            return [version.vector_name for version in tx.collections.all_versions() if version.state == "active"]

    health.register("models", questions.model)
    health.register("vectors", lambda: [vectors.count(name) for name in active()])
    health.register("lexical", lambda: [lexical.applied(name) for name in active()])
