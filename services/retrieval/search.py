"""Search in one collection, for the search box, the REST API and the assistant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from core.entities.corpora import CollectionKind, CollectionVersion
from core.entities.evaluation import RetrievalSettings
from core.entities.people import Principal
from core.entities.retrieval import Retrieval
from core.errors import BadInput, Forbidden
from core.roles import Permission
from data.database import Database
from rag.context import for_answer
from rag.legs import Query
from rag.lexical import Damaged
from rag.lexical.analysis import terms
from rag.readable import Readable
from rag.retrieval import Retriever
from rag.spelling import Speller
from services.corpora.collections import Collections
from services.files.indexing import Indexing

MAX_K = 100

Found = TypeVar("Found")


class Search:
    def __init__(
        self,
        db: Database,
        collections: Collections,
        indexing: Indexing,
        retriever: Retriever,
        speller: Speller | None = None,
    ) -> None:
        self._db = db
        self._collections = collections
        self._indexing = indexing
        self._retriever = retriever
        self._speller = speller

    def search(
        self, principal: Principal, collection: str, question: str, k: int = 10, tags: Sequence[str] = ()
    ) -> Retrieval:
        """The `k` (1 to 100) best passages that `principal` may read; `tags`: of documents that have all of them.

        Sees every document that was reported `ready` before the call. `NotFound` when there is no such collection or
        it is not readable.
        """
        if not principal.may(Permission.SEARCH):
            raise Forbidden
        version, settings = self.prepared(principal, collection, question, k)
        readable = Readable(self._db, version, principal, tags=tuple(tags))
        return self._found(Query(question.strip(), k, readable), settings)

    def for_answer(
        self, principal: Principal, collection: str, question: str, k: int, among: Sequence[UUID] = ()
    ) -> Retrieval:
        """As `search`, for what is written from passages: guests are answered from questions and answers only. `among`:
        from these documents alone, where any are named."""
        only = None if principal.may(Permission.CHAT_DOCUMENTS) else CollectionKind.FAQ
        if not principal.may(Permission.CHAT):
            raise Forbidden
        version, settings = self.prepared(principal, collection, question, k, only)
        readable = Readable(self._db, version, principal, among=tuple(among))
        return for_answer(self._found(Query(question.strip(), k, readable), settings), settings)

    def for_chat(
        self, principal: Principal, collection: str, question: str, k: int, among: Sequence[UUID] = ()
    ) -> Retrieval:
        """As `for_answer`; where nothing answers the question as it stands, words that nobody knows are set right. The
        `question` of the result says which one was searched for."""
        found = self.for_answer(principal, collection, question, k, among)
        if found.answerable or self._speller is None:
            return found
        with self._collections.looking(collection) as tx:
            version = self._collections.find(tx, principal, collection).version
        spelt = self._speller.spelt(version.vector_name, question.strip())
        if spelt is None:
            return found
        again = self.for_answer(principal, collection, spelt.question, k, among)
        # A word of passages that the person may not read is never shown.
        read = {
            word
            for passage in again.passages
            for word in terms(f"{passage.title}\n{passage.heading}\n{passage.text}", "")
        }
        return again if again.answerable and read.issuperset(spelt.words) else found

    def prepared(
        self, principal: Principal, collection: str, question: str, k: int, only: CollectionKind | None = None
    ) -> tuple[CollectionVersion, RetrievalSettings]:
        """The version that is searched, with all that was reported `ready` in it, and what its retrieval is set to.

        `Forbidden` for a collection that is not of the kind `only`.
        """
        if not question.strip():
            raise BadInput("Type a question.")
        if not 1 <= k <= MAX_K:
            raise BadInput("Ask for 1 to %(limit)s passages.", limit=MAX_K)
        with self._collections.looking(collection) as tx:
            found = self._collections.find(tx, principal, collection)
            promised = tx.changes.promised(found.version.id)
            settings = tx.retrieval_settings.of(found.id)
        if only and found.kind is not only:
            raise Forbidden
        self._indexing.catch_up(found.version, until=promised)
        return found.version, settings

    def _found(self, query: Query, settings: RetrievalSettings) -> Retrieval:
        return self.healed(query.version, lambda: self._retriever.retrieve(query, settings))

    def healed(self, version: CollectionVersion, search: Callable[[], Found]) -> Found:
        """What `search` finds; a lexical index of `version` that turns out to be damaged is built again first."""
        try:
            return search()
        except Damaged:
            self._indexing.repair(version)
            return search()
