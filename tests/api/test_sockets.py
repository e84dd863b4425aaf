"""The assistant over a WebSocket, with a real client on a real connection."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from socket import SHUT_RDWR
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from api import create_app
from api.routers.sockets import MOST_OPEN, PROTOCOL
from api.talk import LARGEST, MOST_FRAMES, NOT_SIGNED_IN
from core.entities.people import User
from core.roles import Role
from core.settings import Settings
from services.container import Services
from tests.servers.asgi import listening
from tests.servers.ollama import OllamaServer

Headers = dict[str, str]
FREE = {"retrieval": False}  # the model alone: no document is needed


@pytest.fixture
def settings(settings: Settings, ollama: OllamaServer) -> Settings:
    return settings.model_copy(update={"ollama_url": ollama.url})


@pytest.fixture
def url(services: Services) -> Iterator[str]:
    services.collections.ensure_defaults()
    with listening(create_app(services)) as url:
        yield url
    services.turns.close()


@pytest.fixture
def ann(person: Callable[..., User], bearer: Callable[[User], Headers]) -> Headers:
    return bearer(person())


def _open(url: str, headers: Headers, conversation: str = "new", **options: Any) -> Any:
    address = f"{url.replace('http', 'ws', 1)}/api/ws/chat/{conversation}"
    return connect(address, additional_headers=headers, open_timeout=20, **options)


def _refused(url: str, headers: Headers, conversation: str = "new", **options: Any) -> tuple[int, str]:
    """Status and code with which a handshake was refused."""
    with pytest.raises(InvalidStatus) as refused, _open(url, headers, conversation, **options):
        pass
    body = refused.value.response.body
    assert body
    return refused.value.response.status_code, json.loads(body)["error"]["code"]


def _next(socket: ClientConnection) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(socket.recv(timeout=20))
    return event


def _until(socket: ClientConnection, kind: str) -> tuple[dict[str, Any], str]:
    """The first event of a kind, and the text that came before it."""
    said = ""
    while True:
        event = _next(socket)
        if event["event"] == kind:
            return event, said
        if event["event"] == "token":
            said = event["text"] if event.get("replace") else said + event["text"]


def _ask(socket: ClientConnection, message: str = "Say hello", **more: Any) -> None:
    socket.send(json.dumps({"type": "ask", "message": message, **FREE, **more}))


def test_a_conversation_of_two_questions(url: str, ann: Headers, ollama: OllamaServer) -> None:
    ollama.script.reply("Hello", " there.")
    ollama.script.reply("Good", " bye.")
    with _open(url, ann) as socket:
        assert _next(socket) == {"event": "connected", "conversation_id": None, "running": []}
        _ask(socket)
        first, said = _until(socket, "message")
        assert (first["message"]["reply"], said) == ("Hello there.", "Hello there.")
        _ask(socket, "And now?")
        second, _ = _until(socket, "message")
        assert second["message"]["conversation_id"] == first["message"]["conversation_id"]
    with _open(url, ann, first["message"]["conversation_id"]) as socket:
        assert _next(socket)["conversation_id"] == first["message"]["conversation_id"]


def test_a_lost_connection_ends_no_answer_and_the_next_goes_on_where_it_was(
    url: str, ann: Headers, ollama: OllamaServer
) -> None:
    gate = threading.Event()
    ollama.script.reply("Once upon", " a time", gate=gate)
    with _open(url, ann) as socket:
        _ask(socket)
        token = _until(socket, "token")[0]
        while not token["text"]:
            token = _next(socket)
        shown, at = token["text"], token["at"]
        assert at == len(shown)
        socket.socket.shutdown(SHUT_RDWR)  # as a cable that is pulled
    with _open(url, ann, token["conversation_id"]) as again:
        assert _next(again)["running"] == [token["message_id"]]
        again.send(json.dumps({"type": "resume", "message_id": token["message_id"], "seen": at}))
        assert _next(again)["at"] == at
        gate.set()
        done, said = _until(again, "message")
        assert shown + said == done["message"]["reply"] == "Once upon a time"
        again.send(json.dumps({"type": "resume", "message_id": token["message_id"], "seen": 4}))
        assert _until(again, "message")[1] == " upon a time"


def test_a_restart_leaves_the_question_and_the_partial_answer(
    url: str, ann: Headers, ollama: OllamaServer, services: Services, build_services: Callable[..., Services]
) -> None:
    ollama.script.reply("Once upon", " a time", gate=threading.Event())
    with _open(url, ann) as socket:
        _ask(socket)
        token = _until(socket, "token")[0]
        with httpx.Client(base_url=url, headers=ann) as http:
            path = f"/api/conversations/{token['conversation_id']}/messages"
            while not (saved := http.get(path).json()["messages"][-1]["text"]):
                pass
        restarted = build_services(services.settings)  # another process over the same database
        assert restarted.turns.recover() == 1
        done, _ = _until(socket, "message")
        assert done["message"]["status"] == "stopped"
    with httpx.Client(base_url=url, headers=ann) as http:
        asked, answered = http.get(path).json()["messages"]
    assert (asked["text"], answered["text"], answered["status"]) == (
        "Say hello",
        "Once upon"[: len(answered["text"])],
        "stopped",
    )
    assert answered["text"].startswith(saved)


def test_an_answer_is_stopped(url: str, ann: Headers, ollama: OllamaServer) -> None:
    ollama.script.reply("Once upon", " a time", gate=threading.Event())
    with _open(url, ann) as socket:
        _ask(socket)
        token = _until(socket, "token")[0]
        socket.send(json.dumps({"type": "stop", "message_id": token["message_id"]}))
        assert _until(socket, "message")[0]["message"]["status"] == "stopped"


def test_what_cannot_be_used_is_an_error_and_the_line_stays(url: str, ann: Headers, ollama: OllamaServer) -> None:
    ollama.script.reply("Hello.")
    with _open(url, {**ann, "Accept-Language": "ru"}) as socket:
        _next(socket)
        frames: list[str | bytes] = [
            "",
            "{",
            "[]",
            b"\x00",
            b"\xff\xfe",
            "[" * 50_000,
            '{"type": "ask", "message": "Hi", "picked": "a\\u0000b"}',
            '{"type": "ask", "message": "Hi", "params": {"temperature": ' + "9" * 400 + "}}",
            '{"type": "sing"}',
            '{"type": "ask", "message": ""}',
            json.dumps({"type": "ask", "message": "Hi", "user_id": str(uuid4())}),
            json.dumps({"type": "ask", "message": "Hi", "edits": str(uuid4())}),
            json.dumps({"type": "resume", "message_id": str(uuid4())}),
            json.dumps({"type": "stop", "message_id": str(uuid4())}),
        ]
        for frame in frames:
            socket.send(frame)
            event = _next(socket)
            assert event["event"] == "error", frame
            assert event["message"]
        _ask(socket)
        assert _until(socket, "message")[0]["message"]["reply"] == "Hello."


@pytest.mark.parametrize("address", ["/api/ws/chat/nonsense", "/api/ws/nothing", "/api/me", "/auth/session"])
def test_a_line_to_nowhere_is_denied_as_every_unknown_address(url: str, ann: Headers, address: str) -> None:
    nowhere = url.replace("http", "ws", 1) + address
    with pytest.raises(InvalidStatus) as refused, connect(nowhere, additional_headers=ann, open_timeout=20):
        pass
    assert refused.value.response.status_code == 404
    assert json.loads(refused.value.response.body or b"")["error"]["code"] == "not_found"


def test_a_frame_that_is_too_large_closes_the_line(url: str, ann: Headers) -> None:
    with _open(url, ann) as socket:
        _next(socket)
        socket.send("x" * (LARGEST + 1))
        assert _next(socket)["code"] == "too_large"
        with pytest.raises(ConnectionClosed) as closed:
            _next(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


def test_who_sends_too_much_is_told_when_to_go_on(url: str, ann: Headers) -> None:
    with _open(url, ann) as socket:
        _next(socket)
        for _ in range(MOST_FRAMES + 1):
            socket.send("{}")
        codes = [_next(socket)["code"] for _ in range(MOST_FRAMES + 1)]
    assert (codes[-2], codes[-1]) == ("bad_input", "too_many")


@pytest.mark.parametrize("conversation", ["new", str(UUID(int=7))])
def test_nobody_gets_in_without_a_session(url: str, conversation: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": "nichewise_session=wrong"}):
        assert _refused(url, headers, conversation) == (401, "not_signed_in")


def test_another_persons_conversation_does_not_exist(
    url: str, ann: Headers, person: Callable[..., User], bearer: Callable[[User], Headers], ollama: OllamaServer
) -> None:
    ollama.script.reply("Hello.")
    with _open(url, ann) as socket:
        _ask(socket)
        message = _until(socket, "message")[0]["message"]
    root = bearer(person(Role.ADMIN))
    assert _refused(url, root, message["conversation_id"]) == (404, "not_found")
    with _open(url, root) as socket:
        _next(socket)
        socket.send(json.dumps({"type": "resume", "message_id": message["message_id"]}))
        assert _next(socket)["code"] == "not_found"


def test_a_cookie_counts_for_our_own_pages_only(
    url: str, person: Callable[..., User], cookie: Callable[[User], Headers]
) -> None:
    held = cookie(person())
    with _open(url, held, origin=url) as socket:
        assert _next(socket)["event"] == "connected"
    assert _refused(url, held, origin="https://evil.example") == (403, "forbidden")


def test_a_browser_may_give_its_token_as_a_subprotocol(url: str, ann: Headers) -> None:
    token = ann["Authorization"].removeprefix("Bearer ")
    with _open(url, {}, subprotocols=[PROTOCOL, token]) as socket:
        assert socket.subprotocol == PROTOCOL
        assert _next(socket)["event"] == "connected"


def test_a_session_that_ended_ends_the_line(
    url: str, services: Services, person: Callable[..., User], cookie: Callable[[User], Headers]
) -> None:
    held = cookie(person())
    with _open(url, held) as socket:
        _next(socket)
        services.sessions.sign_out(held["Cookie"].split("=")[1])
        _ask(socket)
        assert _next(socket)["code"] == "not_signed_in"
        with pytest.raises(ConnectionClosed) as closed:
            _next(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == NOT_SIGNED_IN


def test_many_open_lines_leave_the_service_responsive_and_one_person_has_a_limit(
    url: str, ann: Headers, person: Callable[..., User], bearer: Callable[[User], Headers], ollama: OllamaServer
) -> None:
    ollama.script.default.fault = "hang"
    people = [bearer(person(email=f"p{n}@example.com")) for n in range(8)]
    with ExitStack() as stack, httpx.Client(base_url=url, timeout=20) as http:
        for headers in people:
            for number in range(4):
                socket = stack.enter_context(_open(url, headers))
                if number < 2:
                    _ask(socket, params={"timeout": 600})
        mine = [stack.enter_context(_open(url, ann)) for _ in range(MOST_OPEN)]
        assert _refused(url, ann) == (429, "too_many")
        mine[0].close()
        while True:
            try:
                stack.enter_context(_open(url, ann))
                break
            except InvalidStatus:
                continue  # the server has not seen the end of the first one yet
        took = [http.get("/api/health").elapsed.total_seconds() for _ in range(5)]
        assert min(took) < 0.2
