"""A library of one document per collection, and people who ask it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from core.entities.corpora import CollectionKind, Fingerprint
from core.entities.messages import Message
from core.entities.people import Principal, UserStatus
from core.entities.retrieval import Passage, Retrieval
from core.roles import Role
from core.settings import Settings
from data.database import Database
from data.stores.documents import NewDocument
from services.chat.asking import Ask
from services.chat.conversations import Conversations
from services.chat.streams import TurnEvent
from services.turns import Turns

PRINT = Fingerprint("m", 2, True, ("en",), 200, 20)
TEXT = "Every person has 28 days of leave a year."
EVERYONE = (Role.GUEST, Role.SALES, Role.ANALYST)


@dataclass
class Room:
    """The service over a library of one document per collection, and a search that always finds it."""

    db: Database
    settings: Settings
    turns: Turns
    conversations: Conversations
    documents: dict[str, UUID]
    evidence: float = 0.9

    def person(self, role: Role = Role.SALES, email: str = "ann@example.com") -> Principal:
        with self.db.begin() as tx:
            user = tx.users.create(email, "Ann", role, UserStatus.ACTIVE, "x")
        assert user
        return Principal(role=role, user_id=user.id, email=email, name="Ann")

    def ask(
        self, who: Principal, message: str = "How many days of leave?", **choice: Any
    ) -> tuple[list[TurnEvent], Any]:
        started = self.turns.start(who, Ask(message, **choice))
        return list(self.turns.follow(who, started.message_id)), started

    def retrieve(self, principal: Principal, collection: str, question: str, k: int) -> Retrieval:
        found = Passage(uuid4(), self.documents[collection], 1, "Handbook", "", 4, TEXT, "en", 0.9)
        return Retrieval(question, "en", (found,), self.evidence, 0.4, 1.0)

    def thread(self, who: Principal, conversation_id: UUID) -> list[Message]:
        return self.conversations.messages(who, conversation_id)


def library(db: Database) -> dict[str, UUID]:
    documents = {}
    with db.begin() as tx:
        for name, readers in (("faq", EVERYONE), ("documents", EVERYONE[1:]), ("analytics", EVERYONE[1:])):
            tx.collections.ensure(name, name.title(), CollectionKind(name), PRINT, readers=readers)
            collection = tx.collections.named(name)
            assert collection
            made = tx.documents.add(NewDocument(collection.id, "a.pdf", "application/pdf", name, 1, title="Handbook"))
            assert made
            documents[name] = made
    return documents


def shown(events: list[TurnEvent]) -> str:
    text = ""
    for event in events:
        if event.kind == "token":
            text = event.text if event.replace else text + event.text
    return text
