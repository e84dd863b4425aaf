"""Servers that hear and speak, by their own protocols."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable

import pytest
from pydantic import SecretStr

from core.entities.people import Principal
from core.errors import (
    BadInput,
    Forbidden,
    ModelMissing,
    NichewiseError,
    ProviderBusy,
    ProviderFailed,
    ProviderUnavailable,
    TooMany,
    Unavailable,
)
from core.roles import Role
from core.settings import Settings
from services.container import Services
from tests import recordings
from tests.conftest import KEY
from tests.servers.speech import SpeechServer
from tests.services.conftest import House
from tests.services.voice.conftest import hear
from tests.tiny_whisper import ENGLISH

Build = Callable[[Settings], Services]


@pytest.fixture
def served(settings: Settings, speech: SpeechServer) -> Settings:
    return settings.model_copy(update={"speech_url": speech.base_url, "speech_api_key": SecretStr(KEY)})


@pytest.fixture
def with_key(settings: Settings, speech: SpeechServer) -> Settings:
    return settings.model_copy(update={"elevenlabs_base_url": speech.url, "elevenlabs_api_key": SecretStr(KEY)})


def test_a_server_gets_the_sound_alone_and_says_what_it_heard(
    served: Settings, build_services: Build, vera: Principal, speech: SpeechServer
) -> None:
    voice = build_services(served).voice
    assert voice.abilities(vera).listener == "server"
    speech.script.reply(" Сколько стоит аренда? ")
    heard = hear(voice, vera, ENGLISH, "ru")
    assert (heard.text, heard.language, heard.by) == ("Сколько стоит аренда?", "ru", "server")
    (asked,) = speech.script.asked("/v1/audio/transcriptions")
    assert asked == {"model": "whisper-1", "language": "ru", "response_format": "json"}
    assert speech.script.keys == [f"Bearer {KEY}"]
    with wave.open(io.BytesIO(speech.heard[0])) as sent:
        assert (sent.getframerate(), sent.getnchannels()) == (16_000, 1)
        assert sent.getnframes() / 16_000 == pytest.approx(heard.seconds, abs=0.01)


def test_silence_is_not_sent_and_the_language_is_told_from_the_text(
    served: Settings, build_services: Build, vera: Principal, speech: SpeechServer
) -> None:
    voice = build_services(served).voice
    assert hear(voice, vera, recordings.silence(1)).text == ""
    assert speech.heard == []
    speech.script.reply("Сколько стоит аренда помещения?")
    assert hear(voice, vera, ENGLISH).language == "ru"
    assert "language" not in speech.script.asked("/v1/audio/transcriptions")[0]


def test_a_model_on_this_machine_comes_first_unless_the_server_is_wanted(
    served: Settings, with_model: Settings, build_services: Build, vera: Principal
) -> None:
    both = served.model_copy(update={"whisper": with_model.whisper})
    assert build_services(both).voice.abilities(vera).listener == "whisper"
    wanted = both.model_copy(update={"listener": "server"})
    assert build_services(wanted).voice.abilities(vera).listener == "server"


_FAULTS: list[tuple[dict[str, object], type[NichewiseError]]] = [
    ({"status": 401}, ProviderFailed),
    ({"status": 404}, ModelMissing),
    ({"status": 429}, ProviderBusy),
    ({"status": 500}, ProviderFailed),
    ({"status": 503}, ProviderUnavailable),
    ({"fault": "garbage"}, ProviderFailed),
    ({"fault": "cut"}, ProviderFailed),
]


@pytest.mark.parametrize(("fault", "raised"), _FAULTS, ids=lambda one: str(getattr(one, "__name__", one)))
def test_every_fault_of_a_server_that_hears_is_a_sentence(
    served: Settings, build_services: Build, vera: Principal, speech: SpeechServer,
    fault: dict[str, object], raised: type[NichewiseError],
) -> None:  # fmt: skip
    speech.script.reply("x", **fault)
    with pytest.raises(raised) as error:
        hear(build_services(served).voice, vera, ENGLISH)
    assert KEY not in error.value.message


@pytest.mark.parametrize("by", ["server", "elevenlabs"])
@pytest.mark.parametrize(("fault", "raised"), _FAULTS, ids=lambda one: str(getattr(one, "__name__", one)))
def test_every_fault_of_a_server_that_speaks_is_a_sentence(
    served: Settings, with_key: Settings, build_services: Build, vera: Principal, speech: SpeechServer,
    by: str, fault: dict[str, object], raised: type[NichewiseError],
) -> None:  # fmt: skip
    speech.script.reply("x", **fault)
    voice = build_services(served if by == "server" else with_key).voice
    with pytest.raises(raised) as error:
        voice.speak(vera, "Refunds take five days [1].")
    assert KEY not in error.value.message


def test_a_server_that_is_not_there_is_said_to_be_away(
    settings: Settings, build_services: Build, vera: Principal
) -> None:
    gone = settings.model_copy(
        update={
            "speech_url": "http://127.0.0.1:1/v1",
            "elevenlabs_base_url": "http://127.0.0.1:1",
            "elevenlabs_api_key": SecretStr(KEY),
        }
    )
    voice = build_services(gone).voice
    with pytest.raises(ProviderUnavailable):
        hear(voice, vera, ENGLISH)
    with pytest.raises(ProviderUnavailable):
        voice.speak(vera, "Hello.")


def test_an_answer_is_read_by_a_server_without_its_signs(
    served: Settings, build_services: Build, vera: Principal, speech: SpeechServer
) -> None:
    spoken = build_services(served).voice.speak(vera, "**Refunds** take five days [1].")
    assert (spoken.audio, spoken.media_type, spoken.by) == (speech.sound, "audio/mpeg", "server")
    (asked,) = speech.script.asked("/v1/audio/speech")
    assert asked == {
        "input": "Refunds take five days.", "model": "tts-1", "voice": "alloy", "response_format": "mp3",
    }  # fmt: skip


def test_elevenlabs_reads_with_its_key_and_comes_first(
    served: Settings, with_key: Settings, build_services: Build, vera: Principal, speech: SpeechServer
) -> None:
    both = with_key.model_copy(update={"speech_url": served.speech_url})
    voice = build_services(both).voice
    assert voice.abilities(vera).speaker == "elevenlabs"
    spoken = voice.speak(vera, "Возврат занимает пять дней [1].")
    assert (spoken.audio, spoken.by) == (speech.sound, "elevenlabs")
    ((path, asked),) = speech.script.requests
    assert path == "/v1/text-to-speech/JBFqnCBsd6RMkjVDRZzb"
    assert asked == {"text": "Возврат занимает пять дней.", "model_id": "eleven_multilingual_v2"}
    assert KEY in speech.script.keys


def test_without_a_key_the_browser_reads_and_that_is_said(
    settings: Settings, build_services: Build, vera: Principal
) -> None:
    voice = build_services(settings).voice
    reading = voice.reading(vera, "Возврат занимает пять дней [1].")
    assert (reading.text, reading.language, reading.by) == ("Возврат занимает пять дней.", "ru", "browser")
    with pytest.raises(Unavailable, match="No voice is set up here"):
        voice.speak(vera, "Hello.")
    with pytest.raises(BadInput, match="nothing to read"):
        voice.speak(vera, "[1] ---")


def test_reading_aloud_is_limited_as_messages_are(served: Settings, build_services: Build, vera: Principal) -> None:
    voice = build_services(served).voice

    def speak_often() -> None:
        for _ in range(12):  # 5 a minute; the minute may turn once
            voice.speak(vera, "Hello.")

    with pytest.raises(TooMany):
        speak_often()


def test_an_administrator_sets_address_and_key_which_are_sealed_and_act_at_once(
    settings: Settings, build_services: Build, vera: Principal, speech: SpeechServer, house: House
) -> None:
    services = build_services(settings)
    user = house.person("root@example.com", Role.ADMIN)
    admin = Principal(role=Role.ADMIN, user_id=user.id, email=user.email, name=user.name)
    assert services.voice.abilities(vera).speaker == "browser"
    services.providers.configure(admin, "elevenlabs", speech.url, "another-voice", KEY)
    assert services.voice.abilities(vera).speaker == "elevenlabs"
    services.voice.speak(vera, "Hello.")
    assert speech.script.requests[0][0] == "/v1/text-to-speech/another-voice"
    shown = next(one for one in services.voice.servers(admin) if one.name == "elevenlabs")
    assert (shown.address, shown.choice, shown.key_set) == (speech.url, "another-voice", True)
    assert KEY not in repr(shown)
    with house.db.begin() as tx:
        assert KEY not in repr(tx.audit.recent())
        raw = tx.connection.exec_driver_sql("SELECT key_sealed FROM model_servers").scalar_one()
    assert KEY.encode() not in bytes(raw)
    with pytest.raises(Forbidden):
        services.voice.servers(vera)
