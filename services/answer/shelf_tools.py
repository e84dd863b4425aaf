"""Documents as a whole for scenarios, bound to one person: which there are, and the text of one of them in order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

from core.entities.corpora import Document, Stage
from core.entities.people import Principal
from core.entities.retrieval import Retrieval
from core.errors import NotFound
from data.database import Database
from rag import whole
from rag.readable import Readable
from scenarios.tools import Titled
from services.corpora.collections import Collections

_WORD = re.compile(r"[^\W_]{4,}|\d+")
_BEGINNING = 5  # letters of a word that its other forms begin with too
_LOOKED_AT = 200  # titles with a word, the newest
_MOST_PASSAGES = 400  # of a document, from its beginning


class ShelfTools:
    """`among` are the files dropped into the conversation, `collection` what is asked where there are none; with
    neither there is nothing."""

    def __init__(
        self,
        db: Database,
        collections: Collections,
        principal: Principal,
        language: str,
        among: Sequence[UUID],
        collection: str,
    ) -> None:
        self._db, self._collections, self._principal, self._language = db, collections, principal, language
        self._among, self._collection = among, collection

    def newest(self, most: int) -> tuple[Sequence[Titled], int]:
        found, total = self._documents(most)
        return [_titled(one) for one in found], total

    def called(self, named: str) -> Sequence[Titled]:
        known: dict[UUID, Document] = {}
        for word in _WORD.findall(named):
            known |= {one.id: one for one in self._documents(_LOOKED_AT, word[:_BEGINNING])[0]}
        found = list(known.values())
        return [_titled(found[at]) for at in whole.matching(named, [one.title for one in found])]

    def cited(self, message_id: UUID) -> Sequence[Titled]:
        try:
            with self._db.read() as tx:
                citations = tx.messages.find(self._principal, message_id).citations
        except NotFound:
            return ()
        titles = {str(one.document_id): one.title for one in citations if one.document_id}
        return [Titled(id_, title) for id_, title in titles.items()]

    def read(self, document_id: str) -> Retrieval | None:
        try:
            with self._db.read() as tx:
                document = tx.documents.find(self._principal, UUID(document_id))
                collection = self._collections.find(tx, self._principal, document.collection)
                ids = [key for key, _ in tx.chunks.of_document(collection.version.id, document.id)[:_MOST_PASSAGES]]
        except (NotFound, ValueError):
            return None
        texts = Readable(self._db, collection.version, self._principal).passages(ids)
        passages = tuple(texts[key] for key in ids if key in texts)
        return Retrieval(document.title, self._language, passages, 1.0, 0.0, 0.0) if passages else None

    def _documents(self, most: int, text: str | None = None) -> tuple[list[Document], int]:
        """The newest that are ready, and how many there are."""
        with self._db.read() as tx:
            if self._among:
                dropped = [tx.documents.find(self._principal, one) for one in self._among]
                found = [one for one in dropped if not text or text.casefold() in one.title.casefold()]
                return found[:most], len(found)
            if not self._collection:
                return [], 0
            return tx.documents.page(
                self._principal, collection=self._collection, text=text, stages=[Stage.READY], limit=most
            )


def _titled(document: Document) -> Titled:
    return Titled(str(document.id), document.title)
