"""One's own conversations: list, search, read, branch, rename, pin, archive, throw away; and those one may read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from core.entities.answers import Content
from core.entities.conversations import Hit, Shelf, Thread
from core.entities.messages import Conversation, Message, MessageStatus, Usage
from core.entities.people import Principal
from core.errors import BadInput, Forbidden
from core.roles import Permission
from data.database import Database
from data.transaction import Stores
from services.chat.sharing import withheld_from
from services.chat.summaries import after_clearing

LONGEST_TITLE = 120  # characters
KEPT_IN_TRASH = timedelta(days=30)
_MOST_PER_PAGE = 100
_MOST_MESSAGES = 200
_LONGEST_SEARCH = 200


def title_from(message: str) -> str:
    """A title made of the first message: its first line, cut at a word."""
    line = " ".join(message.split())
    if len(line) <= 60:
        return line
    return (line[:60].rsplit(" ", 1)[0] or line[:60]).rstrip(",;:. ") + "…"


def tidy_title(title: str) -> str:
    """As it is kept. Raises `BadInput` when nothing is left or it is too long."""
    title = " ".join(title.encode("utf-8", "replace").decode().replace("\x00", "").split())
    if not title:
        raise BadInput("Give the conversation a name.")
    if len(title) > LONGEST_TITLE:
        raise BadInput("The name is longer than %(limit)s characters. Shorten it.", limit=LONGEST_TITLE)
    return title


class Conversations:
    """Another person's conversation is `NotFound` in every method; `thread` opens shared ones too."""

    def __init__(self, db: Database) -> None:
        self._db = db

    # --- the list ---------------------------------------------------------------------------------------------------

    def page(
        self, principal: Principal, shelf: Shelf = Shelf.ACTIVE, *, limit: int = 30, offset: int = 0
    ) -> tuple[list[Conversation], int]:
        """Pinned ones first, then newest first, with the number of all of them."""
        _allow(principal)
        with self._db.read() as tx:
            return tx.conversations.page(
                principal, shelf, limit=min(max(limit, 1), _MOST_PER_PAGE), offset=max(offset, 0)
            )

    def search(self, principal: Principal, text: str, shelf: Shelf | None = None, *, limit: int = 30) -> list[Hit]:
        """One's own conversations whose title or messages contain `text`; without a `shelf`, active and archived."""
        _allow(principal)
        wanted = text.replace("\x00", "").strip()[:_LONGEST_SEARCH]
        if not wanted:
            return [Hit(one) for one in self.page(principal, shelf or Shelf.ACTIVE, limit=limit)[0]]
        with self._db.begin() as tx:
            return tx.conversations.search(principal, wanted, shelf, limit=min(max(limit, 1), _MOST_PER_PAGE))

    # --- one conversation -------------------------------------------------------------------------------------------

    def create(self, principal: Principal, title: str) -> Conversation:
        """An empty one."""
        _allow(principal)
        with self._db.begin() as tx:
            return tx.conversations.create(principal, tidy_title(title))

    def find(self, principal: Principal, conversation_id: UUID) -> Conversation:
        _allow(principal)
        with self._db.read() as tx:
            return tx.conversations.find(principal, conversation_id)

    def thread(
        self, principal: Principal, conversation_id: UUID, *, last: int = _MOST_MESSAGES, above: UUID | None = None
    ) -> Thread:
        """The `last` messages of the shown branch (those before the message `above`), also of a conversation in the
        trash or one that a colleague shares: of that, turns that cite what the caller may not read are withheld."""
        _allow(principal)
        with self._db.begin() as tx:
            conversation = tx.conversations.readable(principal, conversation_id)
            if above is not None and above not in tx.threads.path(conversation_id):
                above = None
            ids = tx.threads.path(conversation_id, last=min(max(last, 1), _MOST_MESSAGES) + 1, above=above)
            more, ids = len(ids) > last, ids[-last:]
            messages = tx.messages.these(principal, ids)
            if tx.conversations.owns(principal, conversation):
                versions = tx.threads.versions(conversation_id)
                messages = [replace(one, versions=versions.get(one.id, ())) for one in messages]
                return Thread(conversation, messages, more)
            return self._shared(tx, principal, conversation, messages, more)

    def whole(self, principal: Principal, conversation_id: UUID, *, most: int) -> Thread:
        """The shown branch in one piece, `most` messages at the most: for an export."""
        parts = [self.thread(principal, conversation_id)]
        while parts[0].more and sum(len(part.messages) for part in parts) < most:
            parts.insert(0, self.thread(principal, conversation_id, above=parts[0].messages[0].id))
        return replace(parts[-1], messages=[one for part in parts for one in part.messages], more=parts[0].more)

    def messages(self, principal: Principal, conversation_id: UUID) -> list[Message]:
        """Oldest first; citations show the text of documents that `principal` may read now."""
        _allow(principal)
        with self._db.begin() as tx:
            tx.conversations.find(principal, conversation_id)
            return tx.messages.of_conversation(principal, conversation_id)

    def running(self, principal: Principal, conversation_id: UUID) -> list[UUID]:
        """Answers that are being written in it."""
        with self._db.begin() as tx:
            tx.conversations.find(principal, conversation_id)
            return tx.messages.running(conversation_id)

    def choose(self, principal: Principal, message_id: UUID) -> None:
        """Shows the branch that goes through this message."""
        with self._db.begin() as tx:
            tx.threads.choose(tx.messages.find(principal, message_id).id)

    def rename(self, principal: Principal, conversation_id: UUID, title: str) -> Conversation:
        _allow(principal)
        title = tidy_title(title)
        with self._db.begin() as tx:
            return tx.conversations.rename(principal, conversation_id, title)

    def archive(self, principal: Principal, conversation_id: UUID, archived: bool = True) -> Conversation:
        """Archives, or with `archived` False brings back."""
        _allow(principal)
        with self._db.begin() as tx:
            conversation = tx.conversations.archive(principal, conversation_id, archived)
            if archived:
                after_clearing(tx, principal, conversation_id)
        return conversation

    def pin(self, principal: Principal, conversation_id: UUID, pinned: bool = True) -> Conversation:
        """Keeps it at the top of the list, or no longer."""
        _allow(principal)
        with self._db.begin() as tx:
            return tx.conversations.pin(principal, conversation_id, pinned)

    # --- the trash --------------------------------------------------------------------------------------------------

    def delete(self, principal: Principal, conversation_id: UUID, *, forever: bool = False) -> None:
        """Into the trash, where it waits 30 days, or at once `forever`; an answer that is being written there ends,
        and nobody it was shared with sees it any more."""
        _allow(principal)
        with self._db.begin() as tx:
            tx.conversations.discard(principal, conversation_id)
            after_clearing(tx, principal, conversation_id)
            tx.messages.stop_all(conversation_id)
            tx.audit.write(principal, "conversation.delete", "conversation", conversation_id)
            if forever:
                tx.conversations.purge(principal, conversation_id)

    def restore(self, principal: Principal, conversation_id: UUID) -> Conversation:
        _allow(principal)
        with self._db.begin() as tx:
            return tx.conversations.restore(principal, conversation_id)

    def purge(self, principal: Principal, conversation_id: UUID | None = None) -> int:
        """Deletes one conversation of the trash, or all of it, for good; returns how many."""
        _allow(principal)
        with self._db.begin() as tx:
            purged = tx.conversations.purge(principal, conversation_id)
            if purged:
                tx.audit.write(principal, "conversation.purge", "conversation", conversation_id or "", count=purged)
        return purged

    def forget(self, principal: Principal) -> int:
        """Deletes everything that the caller ever said here, for good and at once; returns how many conversations."""
        _allow(principal)
        with self._db.begin() as tx:
            count = tx.conversations.forget(principal)
            tx.summaries.delete(principal)
            tx.audit.write(principal, "conversation.forget", "user", principal.user_id or "", count=count)
        return count

    def _shared(
        self, tx: Stores, principal: Principal, conversation: Conversation, messages: list[Message], more: bool
    ) -> Thread:
        closed = withheld_from(tx.threads.marks(principal, conversation.id))
        shown = [_blank(one) if one.id in closed else one for one in messages]
        owner = tx.users.get(conversation.owner_id) if conversation.owner_id else None
        return Thread(conversation, shown, more, (owner.name or owner.email) if owner else "")


def _blank(message: Message) -> Message:
    """Only that it was said, and when."""
    return replace(
        message,
        text="",
        status=MessageStatus.COMPLETE,
        scenario="",
        collection="",
        provider="",
        model="",
        params={},
        usage=Usage(0, 0, estimated=False),
        took_ms=0,
        error="",
        evidence=None,
        citations=(),
        content=Content(),
        withheld=True,
    )


def _allow(principal: Principal) -> None:
    if not principal.may(Permission.CHAT):
        raise Forbidden
