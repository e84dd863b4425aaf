"""/api/voice: a recording becomes text, an answer sound."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from core.entities.people import User
from core.settings import Settings
from services import container
from services.voice.talking import MOST_BYTES
from tests import recordings
from tests.servers.speech import SpeechServer
from tests.tiny_whisper import ENGLISH, HEARD, RUSSIAN

HEAR, SPEAK = "/api/voice/transcribe", "/api/voice/speak"


@pytest.fixture
def settings(settings: Settings, whisper_model: Path, speech: SpeechServer) -> Settings:
    return settings.model_copy(update={"whisper": str(whisper_model), "speech_url": speech.base_url})


@pytest.fixture
def vera(person: Callable[..., User], bearer: Callable[[User], dict[str, str]]) -> dict[str, str]:
    return bearer(person())


def test_a_recording_becomes_text(client: TestClient, vera: dict[str, str]) -> None:
    for recording in (ENGLISH, RUSSIAN):
        got = client.post(
            HEAR, headers=vera, files={"file": ("a.mp3", recording.read_bytes())}, data={"language": "auto"}
        )
        assert got.status_code == 200
        answer = got.json()
        assert (answer["language"], answer["text"], answer["by"]) == (*HEARD[recording], "whisper")


def test_nobody_speaking_is_an_empty_text(client: TestClient, vera: dict[str, str]) -> None:
    got = client.post(HEAR, headers=vera, files={"file": ("a.wav", recordings.silence(1))})
    assert got.json() == {"text": "", "language": "", "seconds": 1.0, "by": "whisper"}


@pytest.mark.parametrize(
    ("file", "language", "status"),
    [
        (b"", "auto", 400),
        (b"not sound", "auto", 422),
        (b"RIFF", "xx", 400),
        (bytes(MOST_BYTES + 1), "auto", 413),
    ],
    ids=["empty", "broken", "language", "large"],
)
def test_what_cannot_be_heard_gets_a_sentence(
    client: TestClient, vera: dict[str, str], file: bytes, language: str, status: int
) -> None:
    got = client.post(HEAR, headers=vera, files={"file": ("a.wav", file)}, data={"language": language})
    assert got.status_code == status
    assert got.json()["error"]["message"].endswith(".")


def test_an_answer_becomes_sound(client: TestClient, vera: dict[str, str], speech: SpeechServer) -> None:
    got = client.post(SPEAK, headers=vera, json={"text": "Five **days** [1]."})
    assert (got.status_code, got.headers["content-type"], got.content) == (200, "audio/mpeg", speech.sound)
    assert speech.script.asked("/v1/audio/speech")[0]["input"] == "Five days."
    assert client.post(SPEAK, headers=vera, json={"text": " [1] "}).status_code == 400


def test_a_voice_that_fails_says_so(client: TestClient, vera: dict[str, str], speech: SpeechServer) -> None:
    speech.script.reply("x", status=500)
    assert client.post(SPEAK, headers=vera, json={"text": "Hello."}).status_code == 502


def test_too_often_says_when_to_come_back(client: TestClient, vera: dict[str, str]) -> None:
    got = [client.post(SPEAK, headers=vera, json={"text": "Hello."}) for _ in range(12)]  # 5 a minute
    refused = next(one for one in got if one.status_code == 429)
    assert 0 < int(refused.headers["Retry-After"]) <= 60


def test_the_recording_is_kept_nowhere(client: TestClient, vera: dict[str, str], settings: Settings) -> None:
    client.post(HEAR, headers=vera, files={"file": ("a.mp3", ENGLISH.read_bytes())})
    assert container.current().settings.var_dir == settings.var_dir
    assert [one for one in settings.var_dir.rglob("*") if one.is_file() and one.stat().st_size > 20_000] == []
