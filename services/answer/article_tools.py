"""The articles of questions and answers for scenarios, bound to one person."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from uuid import UUID

from core.entities.corpora import CollectionKind, Document, Stage
from core.entities.people import Principal
from core.entities.retrieval import Retrieval
from core.errors import NotFound
from data.database import Database
from data.transaction import Stores
from rag.readable import Readable
from scenarios.tools import Article
from services.answer.retrieve import Retrieve
from services.corpora.collections import Collections

_FAQ = "faq"
_LONGEST_OVERLAP = 600  # characters that two chunks of an article may have in common


class ArticleTools:
    def __init__(self, db: Database, collections: Collections, retrieve: Retrieve, principal: Principal) -> None:
        self._db, self._collections, self._retrieve, self._principal = db, collections, retrieve, principal

    def faq_search(self, query: str, n: int = 5, last_article_id: str = "") -> Sequence[Article]:
        found = self._retrieve(self._principal, _FAQ, query, min(max(n, 1), 20) + 4)
        best: dict[str, Article] = {}
        for passage in found.passages:
            article = Article(str(passage.document_id), passage.title, passage.text, passage.score)
            best.setdefault(article.id, article)
        best.pop(last_article_id, None)
        return list(best.values())[:n]

    def faq_get_by_id(self, article_id: str) -> tuple[Article, Retrieval] | None:
        try:
            key = UUID(article_id)
        except ValueError:
            return None
        with self._db.begin() as tx:
            try:
                document = self._article(tx, key)
            except NotFound:
                return None
            collection = self._collections.find(tx, self._principal, document.collection)
            ids = [one for one, _ in tx.chunks.of_document(collection.version.id, document.id)]
        passages = Readable(self._db, collection.version, self._principal).passages(ids)
        if not passages:
            return None
        ordered = tuple(passages[one] for one in ids if one in passages)
        text = joined([passage.text for passage in ordered])
        whole = Retrieval(document.title, ordered[0].language, ordered, 1.0, 0.0, 0.0)
        return Article(article_id, document.title, text, 1.0), whole

    def _article(self, tx: Stores, key: UUID) -> Document:
        """A document of a collection of questions and answers that the caller may read."""
        document = tx.documents.find(self._principal, key)
        kind = tx.collections.find(self._principal, document.collection).kind
        if kind is not CollectionKind.FAQ or document.stage is not Stage.READY:
            raise NotFound
        return document


def joined(texts: Sequence[str]) -> str:
    """Chunks that follow each other as one text: what the next repeats of the one before stands there once."""
    whole = texts[0] if texts else ""
    for text in texts[1:]:
        tail, head = whole[-_LONGEST_OVERLAP:], text[:_LONGEST_OVERLAP]
        match = SequenceMatcher(None, tail, head, autojunk=False).find_longest_match()
        overlaps = match.b == 0 and match.a + match.size == len(tail)
        whole += text[match.size :] if overlaps else f"\n\n{text}"
    return whole
