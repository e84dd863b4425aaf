"""The room, as often as there are processes, over one database and one scripted model server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from core.settings import Settings
from data.database import Database
from services.chat.conversations import Conversations
from services.corpora.collections import Collections
from services.corpora.fingerprints import Fingerprints
from services.turns import Turns
from tests.servers.ollama import OllamaServer
from tests.services.turns.room import Room, library


@pytest.fixture
def make_turns(db: Database, settings: Settings, ollama: OllamaServer) -> Iterator[Callable[..., Room]]:
    made: list[Room] = []

    def make(**changes: Any) -> Room:
        own = settings.model_copy(update={"ollama_url": ollama.url, **changes})
        documents = made[0].documents if made else library(db)
        room = Room(db, own, None, Conversations(db), documents)  # type: ignore[arg-type]
        room.turns = Turns(own, db, Collections(db, Fingerprints(own)), lambda *asked: room.retrieve(*asked))
        made.append(room)
        return room

    yield make
    for room in made:
        room.turns.close()


@pytest.fixture
def room(make_turns: Callable[..., Room]) -> Room:
    return make_turns()
