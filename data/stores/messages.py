"""Messages, from the first word of an answer to its end; texts are sealed at rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, case, func, insert, select, true, update
from sqlalchemy import text as sql

from core.entities.answers import Content
from core.entities.messages import Action, Message, MessageStatus, Usage
from core.entities.people import Principal
from core.entities.retrieval import Citation
from core.errors import NotFound
from core.security import Cipher
from data.stores.answers import Answers
from data.stores.citations import Citations
from data.stores.conversations import owned_by
from data.stores.threads import Threads
from data.tables.conversations import conversations, messages

_WAITING, _STREAMING = MessageStatus.WAITING.value, MessageStatus.STREAMING.value
RUNNING = (_WAITING, _STREAMING)
_HEAD = select(conversations.c.head_id).where(conversations.c.id == bindparam("head_of")).scalar_subquery()
# Put together once: that costs as much as to run them.
_ADD = insert(messages).values(parent_id=func.coalesce(bindparam("before", type_=messages.c.id.type), _HEAD))
_MOVE_ON = update(conversations).where(conversations.c.id == bindparam("moved")).values(updated_at=func.now())
_FINISH = (
    update(messages)
    .where(messages.c.id == bindparam("finished"))
    .values(
        status=case((messages.c.status.in_(RUNNING), bindparam("ended")), else_=messages.c.status),
        error=case((messages.c.status.in_(RUNNING), bindparam("failure")), else_=messages.c.error),
        scenario=func.coalesce(func.nullif(bindparam("routed"), ""), messages.c.scenario),
        collection=func.coalesce(func.nullif(bindparam("searched"), ""), messages.c.collection),
        saved_at=func.now(),
    )
)
_SAVE_PARTIAL = sql("""
    WITH free AS (
        SELECT id FROM messages WHERE id = ANY(CAST(:ids AS uuid[])) AND status = ANY(CAST(:running AS text[]))
        FOR UPDATE SKIP LOCKED
    )
    UPDATE messages SET text_sealed = new.text_sealed, status = new.status, saved_at = now()
    FROM unnest(CAST(:ids AS uuid[]), CAST(:texts AS bytea[]), CAST(:states AS text[])) AS new(id, text_sealed, status)
    WHERE messages.id = new.id AND messages.id IN (SELECT id FROM free)
""")


@dataclass(frozen=True, slots=True)
class NewMessage:
    conversation_id: UUID
    author: str
    text: str
    status: MessageStatus = MessageStatus.COMPLETE
    scenario: str = ""
    collection: str = ""
    provider: str = ""
    model: str = ""
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """How an answer ended. `error` is a sentence in the reader's language, "" when there is none."""

    text: str
    status: MessageStatus
    action: Action
    provider: str
    model: str
    usage: Usage
    took_ms: int
    error: str
    evidence: float | None
    citations: tuple[Citation, ...]
    params: Mapping[str, Any]
    scenario: str = ""  # as it was routed; "" leaves what the message has, as does the collection
    collection: str = ""


class Messages:
    def __init__(self, connection: Connection, cipher: Cipher) -> None:
        self._connection = connection
        self._cipher = cipher

    # --- reading ----------------------------------------------------------------------------------------------------

    def of_conversation(self, principal: Principal, conversation_id: UUID, *, last: int | None = None) -> list[Message]:
        """The shown branch of one's own conversation, oldest first, with citations; the `last` ones only."""
        return self._with_citations(principal, self._branch(principal, conversation_id, last))

    def said(self, principal: Principal, conversation_id: UUID, *, last: int) -> list[Message]:
        """The `last` messages of the same, without what they cite and carry: for those who read what was said."""
        return [self._message(row, (), Content()) for row in self._branch(principal, conversation_id, last)]

    def _branch(self, principal: Principal, conversation_id: UUID, last: int | None) -> Sequence[Row[Any]]:
        path = Threads(self._connection).path(conversation_id, last=last)
        query = self._own(principal).where(messages.c.id.in_(path), messages.c.conversation_id == conversation_id)
        return self._connection.execute(query.order_by(messages.c.seq)).all()

    def these(self, principal: Principal, ids: Sequence[UUID]) -> list[Message]:
        """Oldest first, whoever's they are; citations show what `principal` may read now."""
        query = select(messages).where(messages.c.id.in_(ids)).order_by(messages.c.seq)
        return self._with_citations(principal, self._connection.execute(query).all())

    def find(self, principal: Principal, message_id: UUID) -> Message:
        """`NotFound` when there is none or it is in another person's conversation."""
        rows = self._connection.execute(self._own(principal).where(messages.c.id == message_id)).all()
        if not rows:
            raise NotFound
        return self._with_citations(principal, rows)[0]

    def finished(
        self, principal: Principal, message_id: UUID, cited: tuple[Citation, ...], content: Content
    ) -> Message:
        """As `find`, by whoever has just kept what it cites and carries."""
        row = self._connection.execute(self._own(principal).where(messages.c.id == message_id)).one_or_none()
        if row is None:
            raise NotFound
        return self._message(row, cited, content)

    # --- writing ----------------------------------------------------------------------------------------------------

    def add(self, *new: NewMessage) -> UUID:
        """Goes to the end of the branch that is shown, one behind the other, and moves the conversation to the top of
        the list; returns the id of the last one."""
        ids = [uuid4() for _ in new]
        rows = [
            {
                "id": id_,
                "before": before,
                "head_of": one.conversation_id,
                "conversation_id": one.conversation_id,
                "author": one.author,
                "text_sealed": self._cipher.seal(one.text),
                "status": one.status.value,
                "scenario": one.scenario,
                "collection": one.collection,
                "provider": one.provider,
                "model": one.model,
                "params": one.params,
            }
            for one, id_, before in zip(new, ids, (None, *ids), strict=False)
        ]
        self._connection.execute(_ADD, rows)
        self._connection.execute(_MOVE_ON, {"moved": new[0].conversation_id, "head_id": ids[-1]})
        return ids[-1]

    def save_partial(self, texts: Mapping[UUID, str]) -> set[UUID]:
        """Keeps what has been written so far; which of these answers go on: the others were stopped meanwhile.

        An answer that somebody else is changing right now is left for the next time: no save waits for another."""
        given = {
            "ids": list(texts),
            "texts": [self._cipher.seal(text) for text in texts.values()],
            "states": [_STREAMING if text else _WAITING for text in texts.values()],
        }
        self._connection.execute(_SAVE_PARTIAL, given | {"running": list(RUNNING)})
        query = select(messages.c.id).where(messages.c.id.in_(texts), messages.c.status.in_(RUNNING))
        return set(self._connection.execute(query).scalars())

    def finish(self, message_id: UUID, written: Written) -> tuple[Citation, ...] | None:
        """Ends an answer; one stopped from elsewhere stays stopped. Its citations as they are kept; None when it was
        deleted meanwhile."""
        values = {
            "finished": message_id,
            "text_sealed": self._cipher.seal(written.text),
            "provider": written.provider,
            "model": written.model,
            "prompt_tokens": written.usage.prompt_tokens,
            "completion_tokens": written.usage.completion_tokens,
            "usage_estimated": written.usage.estimated,
            "took_ms": written.took_ms,
            "evidence": written.evidence,
            "action": written.action.value,
            "params": dict(written.params),
            "ended": written.status.value,
            "failure": written.error,
            "routed": written.scenario,
            "searched": written.collection,
        }
        if self._connection.execute(_FINISH, values).rowcount == 0:
            return None
        return Citations(self._connection, self._cipher).keep(message_id, written.citations)

    def running(self, conversation_id: UUID) -> list[UUID]:
        """Answers of the conversation that are being written, oldest first."""
        query = select(messages.c.id).where(
            messages.c.conversation_id == conversation_id, messages.c.status.in_(RUNNING)
        )
        return list(self._connection.execute(query.order_by(messages.c.seq)).scalars())

    def stop(self, message_id: UUID) -> bool:
        """Marks a running answer stopped; whoever writes it sees that at the next save."""
        return self._stop(messages.c.id == message_id) == 1

    def stop_all(self, conversation_id: UUID) -> None:
        """Marks what is being written in a conversation stopped."""
        self._stop(messages.c.conversation_id == conversation_id)

    def stop_abandoned(self, older_than: timedelta, message_id: UUID | None = None) -> int:
        """Marks answers stopped that nobody has saved for so long (all, or one); their partial text stays."""
        mine = true() if message_id is None else messages.c.id == message_id
        return self._stop(messages.c.saved_at <= func.now() - older_than, mine)

    def _stop(self, *which: ColumnElement[bool]) -> int:
        statement = update(messages).where(messages.c.status.in_(RUNNING), *which)
        return self._connection.execute(statement.values(status=MessageStatus.STOPPED.value)).rowcount

    # --- rows to entities -------------------------------------------------------------------------------------------

    def _own(self, principal: Principal) -> Select[Any]:
        return select(messages).join(conversations).where(owned_by(principal))

    def _with_citations(self, principal: Principal, rows: Sequence[Row[Any]]) -> list[Message]:
        ids = [row.id for row in rows]
        cited = Citations(self._connection, self._cipher).of(principal, ids)
        contents = Answers(self._connection, self._cipher).contents(ids)
        return [self._message(row, tuple(cited[row.id]), contents.get(row.id, Content())) for row in rows]

    def _message(self, row: Row[Any], cited: tuple[Citation, ...], content: Content) -> Message:
        return Message(
            id=row.id,
            conversation_id=row.conversation_id,
            author=row.author,
            text=self._cipher.open(row.text_sealed),
            status=MessageStatus(row.status),
            action=Action(row.action),
            scenario=row.scenario,
            collection=row.collection,
            provider=row.provider,
            model=row.model,
            params=row.params,
            usage=Usage(row.prompt_tokens, row.completion_tokens, row.usage_estimated),
            took_ms=row.took_ms,
            error=row.error,
            evidence=row.evidence,
            created_at=row.created_at,
            citations=cited,
            parent_id=row.parent_id,
            content=content,
        )
