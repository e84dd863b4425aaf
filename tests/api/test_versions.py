"""Choosing the embedding model of a version by REST."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from core.settings import Settings
from services.container import Services

Headers = dict[str, str]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"embeddings": ("ollama:own-multilingual",), "ollama_url": "http://127.0.0.1:9"})


@pytest.fixture(autouse=True)
def defaults(services: Services, model: None) -> None:
    services.collections.ensure_defaults()


def test_the_models_are_listed_with_what_is_wrong_with_them(client: TestClient, admin: Headers) -> None:
    first, second = client.get("/api/embeddings", headers=admin).json()
    assert first == {
        "name": "all-MiniLM-L6-v2-int8",
        "languages": ["en"],
        "chunk_tokens": 256,
        "dimension": 384,
        "default": True,
        "problem": "",
    }
    assert (second["name"], second["default"], "ru" in second["languages"]) == ("ollama:own-multilingual", False, True)
    assert "Run: ollama serve" in second["problem"]


@pytest.mark.parametrize(
    ("embedding", "status"), [("ollama:own-multilingual", 503), ("word2vec", 400), ("builtin", 202)]
)
def test_a_plan_names_a_model_that_is_listed_and_can_be_used(
    client: TestClient, admin: Headers, embedding: str, status: int
) -> None:
    answer = client.post("/api/collections/documents/reindex", json={"embedding": embedding}, headers=admin)
    assert answer.status_code == status


def test_a_preview_builds_nothing(client: TestClient, admin: Headers) -> None:
    answer = client.post("/api/collections/documents/reindex/preview", json={"chunk_tokens": 64}, headers=admin)
    assert answer.status_code == 200
    assert (answer.json()["documents"], answer.json()["after"]["embedding"]) == (0, "all-MiniLM-L6-v2-int8")
    assert len(client.get("/api/collections/documents/versions", headers=admin).json()) == 1
