"""Conversations over REST: list, change, trash, branches, sharing, export."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from core.entities.people import Principal, User
from services.container import Services
from tests.services.conversing import SECRET, Talks

Headers = dict[str, str]
URL = "/api/conversations"
ALONE = {"retrieval": False, "provider": "extractive"}  # no model and no document is asked


class Caller:
    """A person at the API, whose conversations `talks` fills."""

    def __init__(self, client: TestClient, talks: Talks, headers: Headers, who: Principal) -> None:
        self.client, self.talks, self.headers, self.who = client, talks, headers, who

    def __call__(self, method: str, path: str = "", *, status: int = 200, **call: Any) -> Any:
        answer = self.client.request(method, f"{URL}{path}", headers=self.headers, **call)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def talk(self, title: str = "Merger") -> str:
        talk = self.talks.start(self.who, title)
        self.talks.turn(talk, "When does it close?", "In May [1].", self.talks.document())
        return str(talk)


@pytest.fixture
def talks(services: Services) -> Talks:
    return Talks(services.db)


@pytest.fixture
def caller(client: TestClient, talks: Talks, bearer: Callable[[User], Headers]) -> Callable[[Principal], Caller]:
    def make(who: Principal) -> Caller:
        with talks.db.begin() as tx:
            user = tx.users.get(who.user_id) if who.user_id else None
        assert user
        return Caller(client, talks, bearer(user), who)

    return make


@pytest.fixture
def ann(caller: Callable[[Principal], Caller], talks: Talks) -> Caller:
    return caller(talks.ann)


def test_a_conversation_is_made_listed_changed_and_found(ann: Caller) -> None:
    made = ann("POST", status=201, json={"title": " Leave "})
    talk = ann.talk()
    assert [one["title"] for one in ann("GET")["conversations"]] == ["Merger", "Leave"]
    changed = ann("PATCH", f"/{made['id']}", json={"title": "Holidays", "pinned": True, "archived": False})
    assert (changed["title"], changed["pinned"], changed["status"]) == ("Holidays", True, "active")
    assert ann("GET", "?limit=1") == {"conversations": [changed], "total": 2}
    ann("PATCH", f"/{talk}", json={"archived": True})
    assert [one["id"] for one in ann("GET", "?status=archived")["conversations"]] == [talk]
    (hit,) = ann("GET", "?q=CLOSE&status=archived")["conversations"]
    assert (hit["id"], hit["excerpt"]) == (talk, "When does it close?")


def test_the_trash_gives_back_until_it_is_emptied(ann: Caller) -> None:
    talk = ann.talk()
    ann("DELETE", f"/{talk}", status=204)
    assert ann("GET")["total"] == 0
    assert ann("GET", f"/{talk}")["status"] == "deleted"
    ann("PATCH", f"/{talk}", status=404, json={"pinned": True})
    assert ann("PATCH", f"/{talk}", json={"deleted": False})["deleted_at"] is None
    ann("DELETE", f"/{talk}?forever=true", status=204)
    ann("GET", f"/{talk}", status=404)


def test_messages_come_with_their_citations_and_page_by_page(ann: Caller) -> None:
    talk = ann.talk()
    newest = ann("GET", f"/{talk}/messages?last=1")
    assert (newest["messages"][0]["text"], newest["more"]) == ("In May [1].", True)
    assert newest["messages"][0]["citations"][0]["text"] == SECRET
    before = ann("GET", f"/{talk}/messages?last=1&above={newest['messages'][0]['id']}")
    assert (before["messages"][0]["text"], before["more"]) == ("When does it close?", False)


def test_a_question_is_asked_in_a_conversation_and_a_branch_is_chosen(ann: Caller) -> None:
    talk = ann.talk()
    asked = ann("POST", f"/{talk}/messages", json={"message": "And then?", **ALONE})
    assert asked["conversation_id"] == talk
    messages = ann("GET", f"/{talk}/messages")["messages"]
    assert [one["text"] for one in messages][:3] == ["When does it close?", "In May [1].", "And then?"]
    first = messages[0]["id"]
    edited = {"message": "When does it open?", **ALONE, "edits": first}
    ann("POST", f"/{talk}/messages", json=edited)
    shown = ann("GET", f"/{talk}/messages")["messages"]
    assert (shown[0]["text"], shown[0]["versions"]) == ("When does it open?", [first, shown[0]["id"]])
    ann("PATCH", f"/{talk}", json={"message_id": first})
    assert len(ann("GET", f"/{talk}/messages")["messages"]) == 4
    ann("PATCH", f"/{ann.talk()}", status=400, json={"message_id": first})


def test_what_is_shared_is_read_and_held_back(ann: Caller, caller: Callable[[Principal], Caller], talks: Talks) -> None:
    talk, bob = ann.talk(), caller(talks.bob)
    talks.sql("UPDATE documents SET readers = '{admin}'")
    share = ann("POST", f"/{talk}/shares", status=201, json={"email": "bob@example.com"})
    assert (share["name"], share["turns"], share["withheld"]) == ("Боб Иванов", 1, 1)
    assert ann("GET", f"/{talk}/shares") == [share]
    assert [one["status"] for one in bob("GET", "?status=shared")["conversations"]] == ["shared"]
    assert [(one["text"], one["withheld"]) for one in bob("GET", f"/{talk}/messages")["messages"]] == [("", True)] * 2
    bob("PATCH", f"/{talk}", status=404, json={"title": "Mine"})
    bob("POST", f"/{talk}/messages", status=404, json={"message": "Hello"})
    ann("DELETE", f"/{talk}/shares/{share['user_id']}", status=204)
    bob("GET", f"/{talk}", status=404)
    ann("POST", f"/{talk}/shares", status=404, json={"email": "nobody@example.com"})


@pytest.mark.parametrize(
    ("format_", "begins"), [("pdf", b"%PDF"), ("docx", b"PK"), ("md", b"# Merger"), ("json", b"{")]
)
def test_a_conversation_is_exported(ann: Caller, format_: str, begins: bytes) -> None:
    path = f"{URL}/{ann.talk()}/export?format={format_}"
    answer = ann.client.get(path, headers={**ann.headers, "Accept-Language": "ru"})
    assert answer.content.startswith(begins)
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''Merger.{format_}"
    if format_ == "md":
        assert "Ассистент" in answer.text


def test_an_answer_is_judged(ann: Caller) -> None:
    talk = ann.talk()
    asked, answered = ann("GET", f"/{talk}/messages")["messages"]
    path = f"/{talk}/messages/{answered['id']}/feedback"
    ann("PUT", path, status=204, json={"helpful": False, "reason": "wrong", "note": "It is June."})
    ann("PUT", path, status=422, json={"helpful": False, "reason": "rude"})
    ann("PUT", f"/{talk}/messages/{asked['id']}/feedback", status=400, json={"helpful": True})


@pytest.mark.parametrize(
    ("method", "path", "call", "status"),
    [
        ("POST", "", {"json": {"title": "  "}}, 400),
        ("POST", "", {"json": {"title": "x" * 200}}, 400),
        ("GET", "?status=lost", {}, 422),
        ("GET", "/7", {}, 422),
        ("GET", "/{talk}/export?format=exe", {}, 400),
        ("GET", "/{talk}/messages?last=9000", {}, 422),
        ("PATCH", "/{talk}", {"json": {"deleted": True}}, 422),
        ("POST", "/{talk}/messages", {"json": {"message": "x", "edits": str(uuid4())}}, 404),
    ],
)
def test_what_cannot_be_used_gets_a_sentence(
    ann: Caller, method: str, path: str, call: dict[str, Any], status: int
) -> None:
    assert ann(method, path.format(talk=ann.talk()), status=status, **call)["error"]["message"]
