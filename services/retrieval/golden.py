"""Golden sets: questions of a collection with what should be found for them, from files, by hand, and from chats."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, Literal
from uuid import UUID

from core.entities.corpora import Collection as Corpus
from core.entities.evaluation import GoldenCount, GoldenQuestion, NewGolden
from core.entities.messages import Message
from core.entities.people import Principal
from core.errors import BadInput, Forbidden, NotFound
from core.roles import Permission
from data.database import Database
from data.transaction import Stores
from rag.expected import folded, words
from rag.language import detect
from services.corpora.collections import Collections
from services.retrieval.golden_files import MOST_BYTES, as_csv, as_jsonl, checked, read

MOST_QUESTIONS = 20_000  # of one collection: a run of them takes some minutes
BY_HAND, FROM_CHAT = "by hand", "chat"


@dataclass(frozen=True, slots=True)
class Imported:
    """`known` questions were there already and stay as they are; `open` ones of the `added` lack what is expected."""

    added: int
    known: int
    open: int


class Golden:
    """Those who look after corpora read a set; administrators change it. What a set holds shows to all who may see it,
    so it belongs to the collection and not to who asked."""

    def __init__(self, db: Database, collections: Collections) -> None:
        self._db = db
        self._collections = collections

    def list(self, principal: Principal, collection: str) -> Sequence[GoldenQuestion]:
        """Open ones first, then the newest."""
        with self._db.begin() as tx:
            return tx.golden.of_collection(self._find(tx, principal, collection).id)

    def count(self, principal: Principal, collection: str) -> GoldenCount:
        with self._db.begin() as tx:
            return tx.golden.count(self._find(tx, principal, collection).id)

    def lost(self, principal: Principal, collection: str, among: Iterable[GoldenQuestion]) -> set[UUID]:
        """Those that name a document which is not in the collection: nothing can be found for them."""
        with self._db.read() as tx:
            return {one.id for one in lost(tx, self._find(tx, principal, collection).id, among)}

    def export(self, principal: Principal, collection: str, form: Literal["jsonl", "csv"] = "jsonl") -> bytes:
        """The whole set; `import_file` reads it again."""
        questions = self.list(principal, collection)
        return as_csv(questions) if form == "csv" else as_jsonl(questions)

    # --- changing ---------------------------------------------------------------------------------------------------

    def add(self, principal: Principal, collection: str, golden: NewGolden) -> GoldenQuestion:
        """One question by hand; the same one again is the one that is there."""
        new = checked(replace(golden, origin=golden.origin or BY_HAND))
        with self._db.begin() as tx:
            corpus = self._find(tx, principal, collection, Permission.CORPORA_MANAGE)
            return self._added(tx, principal, corpus, new)

    def import_file(self, principal: Principal, collection: str, filename: str, stream: BinaryIO) -> Imported:
        """SQuAD, JSON lines or CSV: all of it or, when a question cannot be used, none."""
        if not principal.may(Permission.CORPORA_MANAGE):
            raise Forbidden
        questions = read(filename, stream.read(MOST_BYTES + 1))
        with self._db.begin() as tx:
            corpus = self._find(tx, principal, collection, Permission.CORPORA_MANAGE)
            fresh = self._fresh(tx, corpus.id, questions)
            tx.golden.add(corpus.id, fresh)
            imported = Imported(len(fresh), len(questions) - len(fresh), sum(one.open for one in fresh))
            tx.audit.write(
                principal, "golden.import", "collection", corpus.name, file=filename[:200], questions=imported.added
            )
        return imported

    def complete(
        self, principal: Principal, collection: str, question_id: UUID, *, document: str, passage: str, answer: str = ""
    ) -> None:
        """Says what a question expects. `BadInput` when that is nothing."""
        if not (document.strip() or passage.strip()):
            raise BadInput("Say which document or passage should be found.")
        with self._db.begin() as tx:
            corpus = self._find(tx, principal, collection, Permission.CORPORA_MANAGE)
            found = tx.golden.find(corpus.id, question_id)
            if found is None:
                raise NotFound
            kept = NewGolden(found.question, document.strip(), passage.strip(), answer.strip(), found.language)
            tx.golden.change(question_id, checked(replace(kept, origin=found.origin)))
            tx.audit.write(principal, "golden.complete", "collection", corpus.name, question=str(question_id))

    def remove(self, principal: Principal, collection: str, ids: Collection[UUID] | None = None) -> int:
        """Removes `ids`, or the whole set, with what runs said of them; returns how many there were."""
        with self._db.begin() as tx:
            corpus = self._find(tx, principal, collection, Permission.CORPORA_MANAGE)
            removed = tx.golden.remove(corpus.id, ids)
            tx.audit.write(principal, "golden.remove", "collection", corpus.name, questions=removed)
        return removed

    def add_from_message(self, principal: Principal, message_id: UUID) -> GoldenQuestion:
        """The question that one of the caller's own answers was written for, as an open one of the collection that was
        asked; asked before, it is the one that is there.

        `NotFound` for another person's answer, `BadInput` for one that was written without documents.
        """
        if not principal.may(Permission.CHAT_DOCUMENTS):
            raise Forbidden
        with self._db.begin() as tx:
            answer = tx.messages.find(principal, message_id)
            if not answer.collection:
                raise BadInput("This answer was written without documents: there is nothing that could be found.")
            corpus = self._collections.find(tx, principal, answer.collection)
            question = _asked(tx.messages.of_conversation(principal, answer.conversation_id), answer)
            new = NewGolden(question, language=detect(question), origin=FROM_CHAT)
            return self._added(tx, principal, corpus, new)

    # --- inside a transaction ---------------------------------------------------------------------------------------

    def _find(
        self, tx: Stores, principal: Principal, collection: str, needed: Permission = Permission.CORPORA_READ
    ) -> Corpus:
        if not principal.may(needed):
            raise Forbidden
        return self._collections.find(tx, principal, collection)

    def _added(self, tx: Stores, principal: Principal, corpus: Corpus, new: NewGolden) -> GoldenQuestion:
        fresh = self._fresh(tx, corpus.id, [new])
        if not fresh:
            same = _key(new)
            return next(one for one in tx.golden.of_collection(corpus.id) if same in (_key(one), _asks(one)))
        [made] = tx.golden.add(corpus.id, fresh)
        tx.audit.write(principal, "golden.add", "collection", corpus.name, question=str(made), origin=new.origin)
        found = tx.golden.find(corpus.id, made)
        if found is None:
            raise NotFound
        return found

    def _fresh(self, tx: Stores, collection_id: UUID, questions: Iterable[NewGolden]) -> Sequence[NewGolden]:
        """Those that the set does not have yet; an open one is known as soon as its question is."""
        tx.golden.lock(collection_id)
        there = tx.golden.of_collection(collection_id)
        known = {_key(one) for one in there} | {_asks(one) for one in there}
        fresh: dict[tuple[str, ...], NewGolden] = {}
        for one in questions:
            if _key(one) not in known:
                fresh.setdefault(_key(one), one)
        if len(there) + len(fresh) > MOST_QUESTIONS:
            raise BadInput("A golden set has %(most)s questions at most.", most=MOST_QUESTIONS)
        return [*fresh.values()]


def lost(tx: Stores, collection_id: UUID, questions: Iterable[GoldenQuestion]) -> list[GoldenQuestion]:
    """Those of `questions` that name a document which the collection does not have."""
    there = {folded(name) for name in tx.evaluations.names(collection_id)}
    return [one for one in questions if one.document and folded(one.document) not in there]


def _key(one: NewGolden) -> tuple[str, ...]:
    return tuple(" ".join(words(text)) for text in (one.question, one.document, one.passage))


def _asks(one: NewGolden) -> tuple[str, ...]:
    """The key of an open question with the same words."""
    return (" ".join(words(one.question)), "", "")


def _asked(thread: Sequence[Message], answer: Message) -> str:
    """The message of the person before `answer`, or `answer` itself if it is a person's."""
    if answer.author == "user":
        return answer.text
    before = [one.text for one in thread if one.author == "user" and one.created_at <= answer.created_at]
    if not before:
        raise NotFound
    return before[-1]
