"""The service's own articles and a few company documents, put straight into the stores, without vectors: words decide
alone. People may ask as much as they like."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from core.entities.corpora import Chunk, Stage
from core.entities.guards import RoleLimit
from core.entities.messages import Message
from core.roles import Role
from core.settings import ROOT
from data.stores.documents import NewDocument
from services.chat.asking import Ask
from services.corpora.demo import articles
from tests.desk import Desk

DOCUMENTS = Path(__file__).with_name("second_turns")


def fill(desk: Desk) -> None:
    for path in sorted((ROOT / "data" / "corpora" / "faq").glob("*.md")):
        for _, article in articles([path]):
            _, front, text = article.decode().split("---\n", 2)
            shelve(desk, "faq", re.findall(r'^title: "(.*)"$', front, re.MULTILINE)[0], text.strip(), path.stem)
    for path in sorted(DOCUMENTS.glob("*.txt")):
        language = "en" if path.stem.isascii() else "ru"
        shelve(desk, "documents", path.stem, path.read_text(encoding="utf-8").strip(), language)
    run = desk.services.niche_demo.ensure()
    assert run
    desk.services.niche_demo.load(run)
    with desk.services.db.begin() as tx:
        tx.limits.set(RoleLimit(Role.ANALYST, 1_000))


def shelve(desk: Desk, collection: str, title: str, text: str, language: str) -> None:
    with desk.services.db.begin() as tx:
        found = tx.collections.named(collection)
        assert found
        digest = hashlib.sha256(f"{title}{text}".encode()).hexdigest()
        document = tx.documents.add(NewDocument(found.id, f"{title}.txt", "text/plain", digest, 1, title=title))
        assert document
        tx.chunks.put(found.version.id, document, [Chunk(0, text, "", None, None, language, len(text) // 4)])
        tx.stages.advance([document], Stage.READY)


def ask(desk: Desk, message: str, before: Message | None = None, collection: str | None = None) -> Message:
    turns = desk.services.turns
    conversation = before.conversation_id if before else None
    started = turns.start(desk.analyst, Ask(message, conversation_id=conversation, collection=collection))
    *_, last = turns.follow(desk.analyst, started.message_id)
    assert last.message, (message, last.error)
    return last.message
