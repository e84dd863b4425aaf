"""The assistant over REST: a real collection, a real search, a protocol-true model server, and a real connection."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi.testclient import TestClient

import api
from core.entities.corpora import Chunk, CollectionKind, Stage
from core.entities.people import User
from core.roles import Role
from core.settings import Settings
from data.stores.documents import NewDocument
from services.container import Services
from services.corpora.fingerprints import Fingerprints
from tests.servers.asgi import listening
from tests.servers.ollama import OllamaServer

Headers = dict[str, str]
TEXT = "Every person at Oakline has 28 days of leave a year. Leave is asked for in the portal."
QUESTION = "How many days of leave does a person at Oakline have?"
EVENTS = {"Accept": "text/event-stream"}


@pytest.fixture
def settings(settings: Settings, ollama: OllamaServer) -> Settings:
    return settings.model_copy(update={"ollama_url": ollama.url})


@pytest.fixture
def services(services: Services) -> Iterator[Services]:
    """With one shared collection that holds one document."""
    with services.db.begin() as tx:
        made = Fingerprints(services.settings).current()
        tx.collections.ensure(
            "documents", "Company documents", CollectionKind.DOCUMENTS, made, readers=[Role.SALES, Role.ANALYST]
        )
        collection = tx.collections.named("documents")
        assert collection
        document = tx.documents.add(NewDocument(collection.id, "leave.pdf", "application/pdf", "a", 1, title="Leave"))
        assert document
        tx.chunks.put(collection.version.id, document, [Chunk(0, TEXT, "Leave", 2, 2, "en", 20)])
        tx.stages.advance([document], Stage.READY)
    yield services
    services.turns.close()


@pytest.fixture
def ann(person: Callable[..., User], bearer: Callable[[User], Headers]) -> Headers:
    return bearer(person())


def events(text: str) -> list[tuple[str, Any]]:
    """(name, data) of each event of a stream."""
    found = []
    for block in text.strip().split("\n\n"):
        if not block.startswith(":"):
            name, data = block.split("\n", 1)
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_an_answer_has_every_part_that_programs_rely_on(client: TestClient, ann: Headers, ollama: OllamaServer) -> None:
    ollama.script.reply("28 days [1, 9].", prompt_tokens=60, completion_tokens=8)
    answer = client.post("/api/chat", json={"message": QUESTION}, headers=ann)
    assert answer.status_code == 200
    body = answer.json()
    assert body["reply"] == "28 days [1]."
    assert (body["scenario"], body["action"], body["fields"]) == ("DOCUMENTS", "answer", {})
    (citation,) = body["citations"]
    assert {name: citation[name] for name in ("n", "title", "page", "text")} == {
        "n": 1, "title": "Leave", "page": 2, "text": TEXT,
    }  # fmt: skip
    assert citation["chunk_id"]
    assert citation["document_id"]
    assert body["usage"] == {"prompt_tokens": 60, "completion_tokens": 8, "estimated": False}
    assert (body["provider"], body["model"]) == ("ollama", "llama3.1:8b")
    assert body["took_ms"] >= 0
    assert client.get(f"/api/chat/{body['message_id']}", headers=ann).json() == body


def test_the_built_in_answerer_quotes_the_collection(client: TestClient, ann: Headers) -> None:
    body = client.post("/api/chat", json={"message": QUESTION, "provider": "extractive"}, headers=ann).json()
    assert body["reply"] == "Every person at Oakline has 28 days of leave a year. [1]"
    assert body["provider"] == "extractive"


def test_a_question_that_nothing_covers_is_refused_without_citations(client: TestClient, ann: Headers) -> None:
    asked = {"message": "Who won the chess cup in Peru in 1911?", "collection": "documents"}
    body = client.post("/api/chat", json=asked, headers=ann).json()
    assert (body["action"], body["citations"]) == ("refuse", [])
    assert "Company documents" in body["reply"]


def test_the_same_answer_as_events(client: TestClient, ann: Headers, ollama: OllamaServer) -> None:
    ollama.script.reply("28 ", "days ", "[1].")
    answer = client.post("/api/chat", json={"message": QUESTION}, headers={**ann, **EVENTS})
    assert answer.headers["content-type"].startswith("text/event-stream")
    read = events(answer.text)
    assert [name for name, _ in read] == ["token", "token", "token", "citations", "done"]
    assert "".join(data["text"] for name, data in read if name == "token") == "28 days [1]."
    assert read[-2][1]["citations"] == read[-1][1]["citations"]
    assert read[-1][1]["message_id"] == answer.headers["x-message-id"]
    assert read[-1][1]["conversation_id"] == answer.headers["x-conversation-id"]
    again = client.get(f"/api/chat/{answer.headers['x-message-id']}", headers={**ann, **EVENTS})
    assert events(again.text)[-1] == read[-1]


def test_a_replaced_answer_says_so_in_its_events(client: TestClient, ann: Headers, ollama: OllamaServer) -> None:
    ollama.script.reply("Surely 30.")
    read = events(client.post("/api/chat", json={"message": QUESTION}, headers={**ann, **EVENTS}).text)
    assert read[1] == ("token", {"text": read[-1][1]["reply"], "replace": True})


@pytest.mark.parametrize(("reply", "status"), [({"status": 500}, 502), ({"fault": "cut"}, 502)])
def test_a_failing_model_server_is_a_status_and_an_event_with_a_reference(
    client: TestClient, ann: Headers, ollama: OllamaServer, reply: dict[str, Any], status: int
) -> None:
    ollama.script.reply("It is 28 [1]", **reply)
    answer = client.post("/api/chat", json={"message": QUESTION}, headers=ann)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert "Ollama" in error["message"]
    assert error["reference"]
    ollama.script.reply("It is 28 [1]", **reply)
    name, data = events(client.post("/api/chat", json={"message": QUESTION}, headers={**ann, **EVENTS}).text)[-1]
    assert (name, data["code"], data["message"]) == ("error", error["code"], error["message"])
    assert data["reference"]


def test_a_model_server_that_is_busy_is_asked_again(client: TestClient, ann: Headers, ollama: OllamaServer) -> None:
    ollama.script.reply("", status=429)
    ollama.script.reply("It is 28 [1].")
    answer = client.post("/api/chat", json={"message": QUESTION}, headers=ann)
    assert answer.json()["reply"] == "It is 28 [1]."


def test_parameters_are_applied_or_reported(client: TestClient, ann: Headers, ollama: OllamaServer) -> None:
    ollama.script.reply("28 [1].")
    params = {"temperature": 0.1, "seed": 4, "top_p": None}
    client.post("/api/chat", json={"message": QUESTION, "params": params}, headers=ann)
    assert ollama.script.asked("/api/chat")[0]["options"]["temperature"] == 0.1
    asked = {"message": QUESTION, "params": params, "provider": "extractive"}
    assert client.post("/api/chat", json=asked, headers=ann).json()["ignored"] == ["temperature", "seed"]


def test_without_retrieval_the_model_is_asked_alone(client: TestClient, ann: Headers, ollama: OllamaServer) -> None:
    ollama.script.reply("Hello [1].")
    body = client.post("/api/chat", json={"message": "Say hello", "retrieval": False}, headers=ann).json()
    assert (body["reply"], body["citations"], body["action"]) == ("Hello.", [], "answer")
    assert "<passages>" not in json.dumps(ollama.script.asked("/api/chat"))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"message": "   "}, 400),
        ({"message": "x" * 8001}, 413),
        ({"message": "Hi", "provider": "bard"}, 400),
        ({"message": "Hi", "scenario": "POETRY"}, 400),
        ({"message": "Hi", "params": {"temperature": 9}}, 400),
        ({"message": "Hi", "params": {"nope": 9}}, 400),
        ({"message": "Hi", "params": {"stop": 9}}, 400),
        ({"message": "Hi", "collection": "nothing"}, 404),
        ({"message": "Hi", "conversation_id": str(uuid4())}, 404),
        ({"message": "Hi", "conversation_id": "7"}, 422),
        ({}, 422),
    ],
)
def test_input_that_cannot_be_used_gets_a_sentence_and_makes_no_conversation(
    client: TestClient, services: Services, person: Callable[..., User], bearer: Callable[[User], Headers],
    body: dict[str, Any], status: int,
) -> None:  # fmt: skip
    user = person()
    answer = client.post("/api/chat", json=body, headers=bearer(user))
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    with services.db.begin() as tx:
        assert tx.connection.exec_driver_sql("SELECT count(*) FROM conversations").scalar_one() == 0


def test_a_message_of_half_characters_is_answered(client: TestClient, ann: Headers) -> None:
    body = b'{"message": "leave \\ud800 days at Oakline", "provider": "extractive"}'
    answer = client.post("/api/chat", content=body, headers={**ann, "Content-Type": "application/json"})
    assert answer.status_code == 200


def test_answers_of_others_do_not_exist(client: TestClient, ann: Headers, admin: Headers, ollama: OllamaServer) -> None:
    ollama.script.reply("28 [1].")
    message = client.post("/api/chat", json={"message": QUESTION}, headers=ann).json()["message_id"]
    for path, method in ((f"/api/chat/{message}", "GET"), (f"/api/chat/{message}/stop", "POST")):
        assert client.request(method, path, headers={**admin, **EVENTS}).status_code == 404
        assert client.request(method, path).status_code == 401


# --- over a real connection -----------------------------------------------------------------------------------------


def test_a_client_that_disconnects_does_not_end_the_answer(
    services: Services, ann: Headers, ollama: OllamaServer
) -> None:
    gate = threading.Event()
    ollama.script.reply("28 days", " [1].", gate=gate)
    with listening(api.create_app(services)) as url, httpx.Client(base_url=url, headers=ann, timeout=20) as http:
        with http.stream("POST", "/api/chat", json={"message": QUESTION}, headers=EVENTS) as stream:
            assert next(stream.iter_lines()) == "event: token"  # the first piece comes while the model still writes
            message = stream.headers["x-message-id"]
        gate.set()
        read = events(http.get(f"/api/chat/{message}", headers=EVENTS).text)
        assert read[-1][0] == "done"
        assert read[-1][1]["reply"] == "28 days [1]."


def test_an_answer_is_stopped_over_rest(services: Services, ann: Headers, ollama: OllamaServer) -> None:
    ollama.script.reply("28 days [1]", " and so on", gate=threading.Event())
    asked: dict[str, Any] = {"json": {"message": QUESTION}, "headers": EVENTS}
    with (
        listening(api.create_app(services)) as url,
        httpx.Client(base_url=url, headers=ann, timeout=20) as http,
        http.stream("POST", "/api/chat", **asked) as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == "event: token"
        stopped = http.post(f"/api/chat/{stream.headers['x-message-id']}/stop").json()
        assert (stopped["status"], stopped["reply"]) == ("stopped", "28 days [1]")
        assert "event: done" in list(lines)


def test_many_waiting_answers_leave_the_service_responsive(
    services: Services, person: Callable[..., User], bearer: Callable[[User], Headers], ollama: OllamaServer
) -> None:
    ollama.script.default.fault = "hang"
    each = 4  # answers of one person at once
    count = services.settings.model_parallel // each
    people = [bearer(person(email=f"p{n}@example.com")) for n in range(count)]
    with listening(api.create_app(services)) as url, httpx.Client(base_url=url, timeout=20) as http:

        def ask(headers: Headers) -> None:
            http.post("/api/chat", json={"message": QUESTION, "params": {"timeout": 600}}, headers=headers)

        waiting = [threading.Thread(target=ask, args=(headers,)) for headers in people for _ in range(each)]
        for thread in waiting:
            thread.start()
        while len(ollama.script.asked("/api/chat")) < len(waiting):
            waiting[0].join(0.01)
        took = [http.get("/api/health").elapsed.total_seconds() for _ in range(5)]
        assert http.get("/api/me", headers=people[0]).status_code == 200
        services.turns.close()
        for thread in waiting:
            thread.join(timeout=10)
            assert not thread.is_alive()
        assert min(took) < 0.2
