"""One's own conversations: list, search, read, rename, archive, delete."""

from __future__ import annotations

from uuid import UUID

from core.entities import Conversation, Message, Principal
from core.errors import BadInput, Forbidden
from core.roles import Permission
from data.database import Database

LONGEST_TITLE = 120  # characters
_MOST_PER_PAGE = 100


def title_from(message: str) -> str:
    """A title made of the first message: its first line, cut at a word."""
    line = " ".join(message.split())
    if len(line) <= 60:
        return line
    return (line[:60].rsplit(" ", 1)[0] or line[:60]).rstrip(",;:. ") + "…"


class Conversations:
    """Another person's conversation is `NotFound` in every method."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def page(
        self, principal: Principal, *, archived: bool = False, limit: int = 30, offset: int = 0
    ) -> tuple[list[Conversation], int]:
        """Newest first, with the number of all of them."""
        _allow(principal)
        with self._db.begin() as tx:
            return tx.conversations.page(
                principal, archived=archived, limit=min(max(limit, 1), _MOST_PER_PAGE), offset=max(offset, 0)
            )

    def search(self, principal: Principal, text: str, *, limit: int = 30) -> list[Conversation]:
        """Conversations, archived ones too, whose title or messages contain `text` in any case."""
        _allow(principal)
        if not text.strip():
            return self.page(principal, limit=limit)[0]
        with self._db.begin() as tx:
            return tx.conversations.search(principal, text.strip(), limit=min(max(limit, 1), _MOST_PER_PAGE))

    def find(self, principal: Principal, conversation_id: UUID) -> Conversation:
        _allow(principal)
        with self._db.begin() as tx:
            return tx.conversations.find(principal, conversation_id)

    def messages(self, principal: Principal, conversation_id: UUID) -> list[Message]:
        """Oldest first; citations show the text of documents that `principal` may read now."""
        _allow(principal)
        with self._db.begin() as tx:
            tx.conversations.find(principal, conversation_id)
            return tx.messages.of_conversation(principal, conversation_id)

    def rename(self, principal: Principal, conversation_id: UUID, title: str) -> Conversation:
        _allow(principal)
        title = " ".join(title.encode("utf-8", "replace").decode().replace("\x00", "").split())
        if not title:
            raise BadInput("Give the conversation a name.")
        if len(title) > LONGEST_TITLE:
            raise BadInput("The name is longer than %(limit)s characters. Shorten it.", limit=LONGEST_TITLE)
        with self._db.begin() as tx:
            return tx.conversations.rename(principal, conversation_id, title)

    def archive(self, principal: Principal, conversation_id: UUID, archived: bool = True) -> Conversation:
        """Archives, or with `archived` False brings back."""
        _allow(principal)
        with self._db.begin() as tx:
            return tx.conversations.archive(principal, conversation_id, archived)

    def delete(self, principal: Principal, conversation_id: UUID) -> None:
        """With all its messages; an answer that is being written there ends."""
        _allow(principal)
        with self._db.begin() as tx:
            tx.conversations.delete(principal, conversation_id)
            tx.audit.write(principal, "conversation.delete", "conversation", conversation_id)


def _allow(principal: Principal) -> None:
    if not principal.may(Permission.CHAT):
        raise Forbidden
