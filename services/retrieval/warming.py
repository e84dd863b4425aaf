"""What makes the engine usable before the first question: the models in memory, both indexes open and complete."""

from __future__ import annotations

from data.database import Database
from rag.questions import Questions
from rag.vectors import Vectors
from services.files.indexing import Indexing
from services.health import Health


def register_engine(health: Health, db: Database, questions: Questions, indexing: Indexing, vectors: Vectors) -> None:
    """Nothing is loaded here; `health.warm` does it behind the first page. What an index lacks is written from SQL."""

    def models() -> None:
        """That of new collections must be there; a collection whose own is not is searched by its words."""
        questions.model()
        with db.begin() as tx:
            in_use = tx.versions.models()
            if not tx.jobs.waiting("embed_niches"):  # another model than before has no vectors of their titles yet
                tx.jobs.defer("embed_niches", queue="text", lock="embed_niches")
        questions.warm(in_use)

    health.register("models", models)
    health.register("vectors", indexing.restore_vectors, vectors.ping)
    health.register("lexical", indexing.restore_lexical)
