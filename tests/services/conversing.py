"""People who talk about documents of a collection, for the tests of conversations."""

from __future__ import annotations

from uuid import UUID, uuid4

from sqlalchemy import text

from core.entities.answers import Content, Trace
from core.entities.corpora import CollectionKind, Fingerprint
from core.entities.messages import Action, MessageStatus, Usage
from core.entities.people import Principal, UserStatus
from core.entities.retrieval import Citation
from core.roles import Role
from data.database import Database
from data.stores.documents import NewDocument
from data.stores.messages import NewMessage, Written

SECRET = "The merger with Oakline closes in May."


class Talks:
    """One shared collection `documents`, and talk about it."""

    def __init__(self, db: Database) -> None:
        self.db = db
        with db.begin() as tx:
            tx.collections.ensure(
                "documents",
                "Documents",
                CollectionKind.DOCUMENTS,
                Fingerprint("m", 2, True, (), 1, 0),
                readers=[Role.SALES, Role.ANALYST],
            )
        self.ann, self.bob = self.person("ann@example.com", "Ann Smith"), self.person("bob@example.com", "Боб Иванов")

    def person(self, email: str, name: str = "", role: Role = Role.SALES) -> Principal:
        with self.db.begin() as tx:
            user = tx.users.create(email, name or email, role, UserStatus.ACTIVE, "x")
        assert user
        return Principal(role=role, user_id=user.id, email=email, name=user.name)

    def document(self, title: str = "Plan") -> UUID:
        with self.db.begin() as tx:
            collection = tx.collections.named("documents")
            assert collection
            new = NewDocument(collection.id, f"{title}.pdf", "application/pdf", uuid4().hex, 1, title=title)
            document = tx.documents.add(new)
        assert document
        return document

    def close(self, document: UUID) -> None:
        """For everybody but administrators."""
        self.sql("UPDATE documents SET readers = '{admin}' WHERE id = :id", id=document)

    def start(self, who: Principal, title: str = "A talk") -> UUID:
        with self.db.begin() as tx:
            return tx.conversations.create(who, title).id

    def turn(
        self,
        talk: UUID,
        question: str,
        answer: str = "In May.",
        *cited: UUID,
        collection: str = "documents",
        action: Action = Action.ANSWER,
        status: MessageStatus = MessageStatus.COMPLETE,
        content: Content | None = None,
    ) -> UUID:
        """A question with its answer; returns the answer's id."""
        citations = tuple(Citation(n, uuid4(), one, 1, "Plan", 7, SECRET, 0.8) for n, one in enumerate(cited, 1))
        written = Written(answer, status, action, "ollama", "llama3.1:8b", Usage(9, 2), 5, "", 0.9, citations, {})
        with self.db.begin() as tx:
            tx.messages.add(NewMessage(talk, "user", question))
            new = NewMessage(talk, "assistant", "", MessageStatus.WAITING, "DOCUMENTS", collection)
            message = tx.messages.add(new)
            if status.ended:
                tx.messages.finish(message, written)
                if content:
                    tx.answers.keep(message, content, Trace())
            else:
                tx.messages.save_partial({message: answer})
        return message

    def sql(self, statement: str, **values: object) -> None:
        with self.db.begin() as tx:
            tx.connection.execute(text(statement), values)

    def actions(self) -> list[str]:
        """What the audit log says, oldest first."""
        with self.db.begin() as tx:
            return [entry.action for entry in reversed(tx.audit.recent())]
