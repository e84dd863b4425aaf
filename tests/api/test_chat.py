"""POST /api/chat over a real collection, a real search and a protocol-true model server."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

import api
from core.entities import Chunk, CollectionKind, MessageStatus, User
from core.roles import Role
from core.settings import Settings
from data.stores.documents import NewDocument
from services.container import Services
from tests.servers.ollama import OllamaServer

Headers = dict[str, str]
TEXT = "Every person at Oakline has 28 days of leave a year. Leave is asked for in the portal."
QUESTION = "How many days of leave does a person at Oakline have?"
EVENTS = {"Accept": "text/event-stream"}


@pytest.fixture
def settings(settings: Settings, ollama: OllamaServer) -> Settings:
    return settings.model_copy(update={"ollama_url": ollama.url})
