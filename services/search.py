"""Search in one collection, for the search box, the REST API and the assistant."""

from __future__ import annotations

from collections.abc import Sequence

from core.entities import CollectionKind, CollectionVersion, Principal, Retrieval
from core.errors import BadInput, Forbidden
from core.roles import Permission
from data.database import Database
from rag.lexical import Damaged
from rag.readable import Readable
from rag.retrieval import Retriever
from services.collections import Collections
from services.indexing import Indexing

MAX_K = 100


class Search:
    def __init__(self, db: Database, collections: Collections, indexing: Indexing, retriever: Retriever) -> None:
        self._db = db
        self._collections = collections
        self._indexing = indexing
        self._retriever = retriever

    def search(
        self, principal: Principal, collection: str, question: str, k: int = 10, tags: Sequence[str] = ()
    ) -> Retrieval:
        """The `k` (1 to 100) best passages that `principal` may read; `tags`: of documents that have all of them.

        Sees every document that was reported `ready` before the call. `NotFound` when there is no such collection or
        it is not readable.
        """
        if not principal.may(Permission.SEARCH):
            raise Forbidden
        return self._search(principal, collection, question, k, tags)

    def for_answer(self, principal: Principal, collection: str, question: str, k: int) -> Retrieval:
        """As `search`, for the assistant: guests are answered from questions and answers only."""
        if principal.may(Permission.CHAT_DOCUMENTS):
            return self._search(principal, collection, question, k)
        if not principal.may(Permission.CHAT):
            raise Forbidden
        return self._search(principal, collection, question, k, only=CollectionKind.FAQ)

    def _search(
        self,
        principal: Principal,
        collection: str,
        question: str,
        k: int,
        tags: Sequence[str] = (),
        only: CollectionKind | None = None,
    ) -> Retrieval:
        question = question.strip()
        if not question:
            raise BadInput("Type a question.")
        if not 1 <= k <= MAX_K:
            raise BadInput("Ask for 1 to %(limit)s passages.", limit=MAX_K)
        with self._db.begin() as tx:
            found = self._collections.find(tx, principal, collection)
            promised = tx.changes.promised(found.version.id)
        if only and found.kind is not only:
            raise Forbidden
        self._indexing.catch_up(found.version, until=promised)
        return self._retrieve(found.version, question, k, Readable(self._db, found.version, principal, tuple(tags)))

    def _retrieve(self, version: CollectionVersion, question: str, k: int, readable: Readable) -> Retrieval:
        try:
            return self._retriever.retrieve(version, question, k, readable)
        except Damaged:
            self._indexing.repair(version)
            return self._retriever.retrieve(version, question, k, readable)
