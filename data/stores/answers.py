"""What answers carry and how they were made, and what scenarios keep of a conversation; all of it is sealed at rest."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.postgresql import Insert, insert

from core.entities.answers import Choice, Content, Step, Trace
from core.entities.people import Principal
from core.security import Cipher
from data.access import readable_documents
from data.tables.answers import answer_contents, answer_traces, conversation_states
from data.tables.corpora import collections, documents


class Answers:
    """A caller has found the conversation or message before: the ids are taken as they are."""

    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    def keep(self, message_id: UUID, content: Content, trace: Trace) -> None:
        """With the answer, in its transaction."""
        if content:
            self._put(answer_contents, "message_id", message_id, "content_sealed", asdict(content))
        if trace.steps:
            self._put(answer_traces, "message_id", message_id, "trace_sealed", asdict(trace))

    def contents(self, message_ids: Collection[UUID]) -> dict[UUID, Content]:
        """Of those messages that carry more than text."""
        query = select(answer_contents).where(answer_contents.c.message_id.in_(message_ids))
        return {row.message_id: _content(self._open(row.content_sealed)) for row in self._connection.execute(query)}

    def trace(self, principal: Principal, message_id: UUID) -> Trace:
        """Without the titles of documents that `principal` may not read now."""
        query = select(answer_traces.c.trace_sealed).where(answer_traces.c.message_id == message_id)
        sealed = self._connection.execute(query).scalar_one_or_none()
        steps = self._open(sealed)["steps"] if sealed is not None else ()
        passages = [one for step in steps if step["name"] == "retrieve" for one in step["found"]["passages"]]
        readable = self._readable(principal, {UUID(one["document_id"]) for one in passages})
        for one in passages:
            one["title"] = one["title"] if UUID(one["document_id"]) in readable else ""
        return Trace(tuple(Step(**step) for step in steps))

    def _readable(self, principal: Principal, ids: Collection[UUID]) -> set[UUID]:
        query = select(documents.c.id).select_from(documents.join(collections))
        return set(
            self._connection.execute(query.where(documents.c.id.in_(ids), readable_documents(principal))).scalars()
        )

    def state(self, conversation_id: UUID) -> dict[str, Any]:
        """By scenario, what it keeps of the conversation."""
        query = select(conversation_states.c.state_sealed).where(
            conversation_states.c.conversation_id == conversation_id
        )
        sealed = self._connection.execute(query).scalar_one_or_none()
        return self._open(sealed) if sealed is not None else {}

    def remember(self, conversation_id: UUID, scenario: str, state: Mapping[str, Any]) -> None:
        """What `scenario` keeps from now on; nothing, if it is empty. The caller holds the conversation's lock or is
        the only one who writes there."""
        kept = {name: value for name, value in self.state(conversation_id).items() if name != scenario}
        if state:
            kept[scenario] = dict(state)
        if kept:
            self._put(conversation_states, "conversation_id", conversation_id, "state_sealed", kept)
        else:
            self._connection.execute(
                delete(conversation_states).where(conversation_states.c.conversation_id == conversation_id)
            )

    def _put(self, table: Any, key: str, value: UUID, column: str, content: Mapping[str, Any]) -> None:
        sealed = self._cipher.seal(json.dumps(content, ensure_ascii=False, default=str))
        self._connection.execute(_upsert(table, key, column), {key: value, column: sealed})

    def _open(self, sealed: bytes) -> dict[str, Any]:
        opened: dict[str, Any] = json.loads(self._cipher.open(sealed))
        return opened


@cache
def _upsert(table: Any, key: str, column: str) -> Insert:
    statement = insert(table)
    fresh: dict[str, Any] = {column: statement.excluded[column]}
    if "updated_at" in table.c:
        fresh["updated_at"] = func.now()
    return statement.on_conflict_do_update(index_elements=[key], set_=fresh)


def _content(value: Mapping[str, Any]) -> Content:
    choices = tuple(Choice(**choice) for choice in value["choices"])
    return Content(value["fields"], value["stage"], choices, value["dashboard"])
