"""Files dropped into a conversation: they go into one's own documents, and the conversation answers from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO
from uuid import UUID

from core.entities.corpora import Document
from core.entities.people import Principal
from core.errors import Forbidden
from core.roles import Permission
from data.database import Database
from data.stores.collections import PERSONAL
from services.chat.conversations import title_from
from services.files.documents import Documents


class Attachments:
    def __init__(self, db: Database, documents: Documents) -> None:
        self._db = db
        self._documents = documents

    def drop(
        self, principal: Principal, conversation_id: UUID | None, filename: str, stream: BinaryIO
    ) -> tuple[UUID, Document]:
        """Stores the file, starts its reading, and ties it to the conversation, which is made if there is none yet.

        Raises what an upload raises, and `NotFound` for another person's conversation.
        """
        if not principal.may(Permission.UPLOAD):
            raise Forbidden
        if conversation_id is not None:
            with self._db.begin() as tx:
                tx.conversations.find(principal, conversation_id)
        document = self._documents.upload(principal, filename, stream, PERSONAL).document
        with self._db.begin() as tx:
            if conversation_id is None:
                conversation_id = tx.conversations.create(principal, title_from(document.title)).id
            tx.conversations.find(principal, conversation_id, lock=True)
            tx.attachments.add(conversation_id, document.id)
            tx.audit.write(principal, "conversation.file", "conversation", conversation_id, document=str(document.id))
        return conversation_id, document

    def of(self, principal: Principal, conversation_id: UUID) -> Sequence[Document]:
        """In the order in which they were dropped."""
        with self._db.begin() as tx:
            tx.conversations.find(principal, conversation_id)
            return tx.attachments.of(principal, conversation_id)

    def take_out(self, principal: Principal, conversation_id: UUID, document_id: UUID) -> None:
        """The conversation does not answer from it any more; the document stays among one's own."""
        with self._db.begin() as tx:
            tx.conversations.find(principal, conversation_id, lock=True)
            tx.attachments.remove(conversation_id, document_id)
