"""What was said in a recording: by a real Whisper in a child process, whatever the file is."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from core.entities.people import Principal
from core.errors import BadInput, Forbidden, NichewiseError, ParseFailed, TooLarge, TooMany, Unavailable
from core.roles import Role
from core.settings import Settings
from services.container import Services
from services.voice.ear import Ear
from services.voice.talking import MOST_BYTES, Voice
from services.voice.weights import Weights, find
from tests import recordings
from tests.services.voice.conftest import hear
from tests.tiny_whisper import ENGLISH, HEARD, RUSSIAN

Build = Callable[[Settings], Services]


@pytest.fixture
def weights(whisper_model: Path) -> Weights:
    return Weights(str(whisper_model), whisper_model.parent)


@pytest.mark.parametrize("recording", [ENGLISH, RUSSIAN], ids=["en", "ru"])
def test_what_was_said_is_written_down_in_the_language_that_was_spoken(
    voice: Voice, vera: Principal, recording: Path
) -> None:
    heard = hear(voice, vera, recording)
    assert (heard.language, heard.text) == HEARD[recording]
    assert heard.by == "whisper"
    assert heard.seconds == pytest.approx({ENGLISH: 3.0, RUSSIAN: 3.96}[recording], abs=0.1)


def test_the_language_can_be_said_beforehand(voice: Voice, vera: Principal) -> None:
    assert hear(voice, vera, ENGLISH, "ru").language == "ru"
    with pytest.raises(BadInput, match="Name the language as one of: auto, en, ru"):
        hear(voice, vera, ENGLISH, "klingon")


@pytest.mark.parametrize("made", [recordings.silence, recordings.noise, recordings.tone])
def test_where_nobody_speaks_nothing_is_written(voice: Voice, vera: Principal, made: Callable[[float], bytes]) -> None:
    heard = hear(voice, vera, made(3.0))
    assert (heard.text, heard.seconds) == ("", 3.0)


@pytest.mark.parametrize(
    ("container", "codec"), [("webm", "libopus"), ("ogg", "libopus"), ("mp4", "aac"), ("flac", "flac")]
)
def test_recordings_of_browsers_and_telephones_are_read(
    voice: Voice, vera: Principal, container: str, codec: str
) -> None:
    from faster_whisper.audio import decode_audio

    samples = (decode_audio(str(ENGLISH)) * 32_767).astype(np.int16)[None]
    heard = hear(voice, vera, recordings.encoded(samples, container, codec))
    assert heard.seconds == pytest.approx(3.0, abs=0.2)
    assert heard.text


def _broken() -> dict[str, bytes]:
    whole = recordings.silence(2)
    return {
        "nothing like sound": b"hello, this is a text",
        "random bytes": np.random.default_rng(3).bytes(20_000),
        "a header alone": whole[:44],
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(200),
        "a header that lies": whole[:40] + b"\xff\xff\xff\x7f",
        "an archive": b"PK\x03\x04" + bytes(500),
    }


@pytest.mark.parametrize("name", sorted(_broken()))
def test_what_is_no_recording_is_said_to_be_none(voice: Voice, vera: Principal, name: str) -> None:
    with pytest.raises(ParseFailed, match=r"could not be read|There is no sound"):
        hear(voice, vera, _broken()[name])


def test_half_a_file_gives_what_is_in_it_or_a_sentence(voice: Voice, vera: Principal) -> None:
    half = ENGLISH.read_bytes()[:14_000]
    assert 1.0 < hear(voice, vera, half).seconds < 2.0


def test_a_playlist_opens_no_other_file(voice: Voice, vera: Principal) -> None:
    with pytest.raises(ParseFailed, match="could not be read"):
        hear(voice, vera, recordings.playlist(ENGLISH))


def test_an_empty_recording_and_one_that_is_too_large_are_refused(voice: Voice, vera: Principal) -> None:
    with pytest.raises(BadInput, match="The recording is empty"):
        hear(voice, vera, b"")
    with pytest.raises(TooLarge, match="larger than the limit of 50 MB"):
        hear(voice, vera, bytes(MOST_BYTES + 1))


def test_a_recording_that_unpacks_to_hours_is_refused_after_the_limit(
    with_model: Settings, build_services: Build, vera: Principal
) -> None:
    voice = build_services(with_model.model_copy(update={"voice_seconds": 10})).voice
    bomb = recordings.bomb(600)
    assert len(bomb) < 200_000
    with pytest.raises(TooLarge, match="longer than 10 s"):
        hear(voice, vera, bomb)
    assert hear(voice, vera, ENGLISH).text == HEARD[ENGLISH][1]


def test_without_a_model_it_says_what_is_missing(
    settings: Settings, build_services: Build, vera: Principal, whisper_model: Path
) -> None:
    voice = build_services(settings).voice
    assert voice.abilities(vera).listener == ""
    with pytest.raises(Unavailable, match=r"There is no speech model\.|there is no speech model"):
        hear(voice, vera, ENGLISH)
    (settings.var_dir / "models").mkdir(parents=True)
    (settings.var_dir / "models" / "whisper-small").symlink_to(whisper_model)
    assert voice.abilities(vera).listener == "whisper"
    assert hear(voice, vera, ENGLISH).text == HEARD[ENGLISH][1], "no restart is needed"


def test_a_model_without_its_tokenizer_is_not_mended_from_the_network(
    settings: Settings, build_services: Build, vera: Principal, whisper_model: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "half"
    shutil.copytree(whisper_model, copy)
    (copy / "tokenizer.json").unlink()
    voice = build_services(settings.model_copy(update={"whisper": str(copy)})).voice
    with pytest.raises(Unavailable, match=r"tokenizer\.json is missing"):
        hear(voice, vera, ENGLISH)


def test_a_damaged_model_is_said_to_be_one(
    settings: Settings, build_services: Build, vera: Principal, whisper_model: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "damaged"
    shutil.copytree(whisper_model, copy)
    (copy / "model.bin").write_bytes((copy / "model.bin").read_bytes()[:1_000])
    voice = build_services(settings.model_copy(update={"whisper": str(copy)})).voice
    with pytest.raises(Unavailable, match="cannot be loaded"):
        hear(voice, vera, ENGLISH)


def test_an_english_model_says_so_to_who_speaks_russian(
    settings: Settings, build_services: Build, vera: Principal, whisper_model: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "english"
    shutil.copytree(whisper_model, copy)
    words = json.loads((copy / "vocabulary.json").read_text())
    words[words.index("")] = "nothing"
    (copy / "vocabulary.json").write_text(json.dumps(words))
    voice = build_services(settings.model_copy(update={"whisper": str(copy)})).voice
    with pytest.raises(BadInput, match="understands English only"):
        hear(voice, vera, RUSSIAN, "ru")
    assert hear(voice, vera, ENGLISH).language == "en"


@pytest.mark.parametrize(
    ("setting", "where", "named"),
    [
        ("small", "small", True),
        ("Systran/faster-whisper-small", "Systran/faster-whisper-small", True),
        ("/x", "/x", False),
    ],
)
def test_a_setting_is_a_folder_or_a_name(settings: Settings, setting: str, where: str, named: bool) -> None:
    found = find(settings.model_copy(update={"whisper": setting}))
    assert found is not None
    assert (found.where, found.named) == (where, named)


def test_a_folder_that_is_not_there_is_named(settings: Settings, build_services: Build, vera: Principal) -> None:
    voice = build_services(settings.model_copy(update={"whisper": "/not/there"})).voice
    with pytest.raises(Unavailable, match="There is no folder /not/there"):
        hear(voice, vera, ENGLISH)


def test_a_model_that_cannot_be_fetched_is_said_to_be_one(
    settings: Settings, build_services: Build, vera: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    voice = build_services(settings.model_copy(update={"whisper": "small"})).voice
    with pytest.raises(Unavailable, match="The speech model small cannot be loaded"):
        hear(voice, vera, ENGLISH)


def test_who_may_not_use_voice_is_refused_before_anything_is_read(voice: Voice) -> None:
    guest = Principal(role=Role.GUEST)
    for call in (
        lambda: voice.abilities(guest),
        lambda: hear(voice, guest, b""),
        lambda: voice.speak(guest, ""),
        lambda: voice.reading(guest, ""),
    ):
        with pytest.raises(Forbidden):
            call()


def test_recordings_are_limited_as_messages_are_and_apart_from_them(voice: Voice, vera: Principal) -> None:
    silent = recordings.silence(0.2)

    def speak_often() -> None:
        for _ in range(12):  # 5 a minute; the minute may turn once
            hear(voice, vera, silent)

    with pytest.raises(TooMany) as refused:
        speak_often()
    assert 0 < refused.value.values["seconds"] <= 60


# --- the child process ----------------------------------------------------------------------------------------------


def _ear(weights: Weights, **options: float | int) -> Ear:
    return Ear(lambda: weights, 60, **options)  # type: ignore[arg-type]


def test_a_child_that_was_killed_costs_nobody_anything(weights: Weights) -> None:
    ear = _ear(weights)
    try:
        ear.hear(ENGLISH.read_bytes(), None)
        first = ear.pid
        assert first is not None
        assert psutil.Process(first).nice() >= 10
        os.kill(first, signal.SIGKILL)
        assert ear.hear(RUSSIAN.read_bytes(), None).text == HEARD[RUSSIAN][1]
        assert ear.pid not in (None, first)
    finally:
        ear.close()


def test_a_recording_that_takes_too_long_ends_the_child(weights: Weights) -> None:
    ear = _ear(weights, seconds=0.05)
    try:
        with pytest.raises(Unavailable, match="took longer than the limit"):
            ear.hear(ENGLISH.read_bytes(), None)
        assert ear.pid is None
    finally:
        ear.close()


def test_a_child_without_enough_memory_costs_one_recording(weights: Weights) -> None:
    ear = _ear(weights, memory_mb=300)
    try:
        with pytest.raises(NichewiseError, match=r"memory|cannot be loaded"):
            ear.hear(ENGLISH.read_bytes(), None)
    finally:
        ear.close()


def test_a_child_without_work_gives_its_memory_back(weights: Weights) -> None:
    ear = _ear(weights, idle=0.2)
    try:
        ear.hear(ENGLISH.read_bytes(), None)
        child = psutil.Process(ear.pid)
        child.wait(timeout=20)
        assert ear.pid is None
        assert ear.hear(ENGLISH.read_bytes(), None).text == HEARD[ENGLISH][1]
    finally:
        ear.close()


def test_the_child_knows_no_keys(weights: Weights, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-planted")
    ear = _ear(weights)
    try:
        ear.clean(recordings.silence(0.2))
        assert "sk-planted" not in psutil.Process(ear.pid).environ().values()
    finally:
        ear.close()


def test_a_closed_ear_starts_no_other_child(weights: Weights) -> None:
    ear = _ear(weights)
    ear.close()
    with pytest.raises(Unavailable):
        ear.hear(ENGLISH.read_bytes(), None)
    assert ear.pid is None


def test_who_is_asked_from_many_threads_takes_turns_or_says_busy(weights: Weights) -> None:
    from concurrent.futures import ThreadPoolExecutor

    ear = _ear(weights)

    def one(_: int) -> str:
        try:
            return ear.hear(ENGLISH.read_bytes(), None).text
        except Unavailable as error:
            return error.template

    try:
        with ThreadPoolExecutor(8) as pool:
            said = list(pool.map(one, range(8)))
    finally:
        ear.close()
    heard = [text for text in said if text == HEARD[ENGLISH][1]]
    assert len(heard) >= 4
    assert all(text.startswith("Many people") for text in said if text not in heard)


def test_streams_that_stand_still_are_read_from_where_they_are(voice: Voice, vera: Principal) -> None:
    upload = io.BytesIO(ENGLISH.read_bytes())
    assert voice.transcribe(vera, upload).text == HEARD[ENGLISH][1]
