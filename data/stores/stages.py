"""How far each document has come on its way into its collection; every step is one statement for many documents."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select, text, update

from core.entities.corpora import Stage
from data.stores.membership import among
from data.tables.corpora import documents

# One statement however many documents: row by row, the statements cost more than what they change.
_PROGRESS = text("""
    UPDATE documents SET
        done = reached.done, total = coalesce(reached.total, documents.total), attempts = 0, updated_at = now()
    FROM unnest(CAST(:ids AS uuid[]), CAST(:done AS integer[]), CAST(:totals AS integer[])) AS reached (id, done, total)
    WHERE documents.id = reached.id
""")
_DESCRIBE = text("""
    UPDATE documents SET
        title = coalesce(nullif(parsed.title, ''), documents.title), language = parsed.language, pages = parsed.pages,
        tags = ARRAY(SELECT jsonb_array_elements_text(parsed.tags)),
        notes = ARRAY(SELECT jsonb_array_elements_text(parsed.notes)),
        stage = 'parsed', attempts = 0, updated_at = now(), stage_at = now()
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:titles AS text[]), CAST(:languages AS text[]), CAST(:pages AS integer[]),
        CAST(:tags AS jsonb[]), CAST(:notes AS jsonb[])
    ) AS parsed (id, title, language, pages, tags, notes)
    WHERE documents.id = parsed.id AND documents.stage <> 'cancelled'
""")
_WANTED = documents.c.stage != Stage.CANCELLED.value


@dataclass(frozen=True, slots=True)
class Described:
    """What parsing tells about a document; `title` may be empty: the one it has stays."""

    document_id: UUID
    title: str
    language: str
    pages: int
    tags: Sequence[str]
    notes: Sequence[str]


class Stages:
    """For callers that have decided."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, ids: Iterable[UUID]) -> dict[UUID, Stage]:
        """Stages of those of `ids` that still exist and were not cancelled; they stay as they are until the transaction
        ends."""
        query = select(documents.c.id, documents.c.stage).where(among(documents.c.id, ids), _WANTED)
        rows = self._connection.execute(query.order_by(documents.c.id).with_for_update())
        return {row.id: Stage(row.stage) for row in rows}

    def begin(self, ids: Collection[UUID]) -> dict[UUID, int]:
        """Counts an attempt at the present stage; returns how many there were, of those that exist."""
        counted = {"attempts": documents.c.attempts + 1, "tries": documents.c.tries + 1}
        statement = update(documents).where(among(documents.c.id, ids)).values(counted)
        rows = self._connection.execute(statement.returning(documents.c.id, documents.c.attempts))
        return {row.id: row.attempts for row in rows}

    def forgive(self, document_id: UUID) -> None:
        """Takes back an attempt that failed for no fault of the document."""
        self._connection.execute(
            update(documents)
            .where(documents.c.id == document_id)
            .values(attempts=func.greatest(documents.c.attempts - 1, 0))
        )

    def describe(self, described: Sequence[Described]) -> None:
        """Keeps what parsing told and moves the documents to `parsed`."""
        if not described:
            return
        values = {
            "ids": [one.document_id for one in described],
            "titles": [one.title for one in described],
            "languages": [one.language for one in described],
            "pages": [one.pages for one in described],
            "tags": [json.dumps(list(one.tags)) for one in described],
            "notes": [json.dumps(list(one.notes)) for one in described],
        }
        self._connection.execute(_DESCRIBE, values)

    def progress(self, done: Mapping[UUID, int], total: Mapping[UUID, int] | None = None) -> None:
        """Sets `done` (and `total`), counted in chunks."""
        if done:
            totals = None if total is None else [total[key] for key in done]
            self._connection.execute(_PROGRESS, {"ids": list(done), "done": list(done.values()), "totals": totals})

    def advance(self, ids: Iterable[UUID], stage: Stage) -> None:
        """Moves documents to `stage`; attempts start from none again."""
        values = _moved(stage)
        if stage is Stage.READY:
            values |= {"ready_at": func.now(), "error": "", "done": documents.c.total}
        if stage is Stage.RECEIVED:
            values |= {"error": "", "done": 0, "total": 0}
        self._connection.execute(update(documents).where(among(documents.c.id, ids)).values(**values))

    def fail(self, document_id: UUID, error: str) -> None:
        self._connection.execute(
            update(documents).where(documents.c.id == document_id, _WANTED).values(error=error, **_moved(Stage.FAILED))
        )


def _moved(stage: Stage) -> dict[str, Any]:
    return {"stage": stage.value, "attempts": 0, "updated_at": func.now(), "stage_at": func.now()}
