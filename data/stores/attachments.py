"""Files dropped into a conversation: links between conversations and documents."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from core.entities.corpora import Document
from core.entities.people import Principal
from data.access import readable_documents
from data.stores.documents import Documents
from data.tables.answers import conversation_documents as links
from data.tables.corpora import collections, documents


class Attachments:
    """A caller has found the conversation before."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, conversation_id: UUID, document_id: UUID) -> None:
        statement = insert(links).values(conversation_id=conversation_id, document_id=document_id)
        self._connection.execute(statement.on_conflict_do_nothing())

    def of(self, principal: Principal, conversation_id: UUID) -> list[Document]:
        """Those that `principal` may read now, in the order in which they were dropped."""
        query = select(links.c.document_id).join(documents, documents.c.id == links.c.document_id).join(collections)
        query = query.where(links.c.conversation_id == conversation_id, readable_documents(principal))
        ids = list(self._connection.execute(query.order_by(links.c.at, links.c.document_id)).scalars())
        found = {one.id: one for one in Documents(self._connection).get_many(ids)} if ids else {}
        return [found[key] for key in ids if key in found]

    def remove(self, conversation_id: UUID, document_id: UUID) -> None:
        """The document stays where it is."""
        self._connection.execute(
            delete(links).where(links.c.conversation_id == conversation_id, links.c.document_id == document_id)
        )
