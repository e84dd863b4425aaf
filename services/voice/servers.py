"""Servers that hear and speak: any with OpenAI's protocol for speech, and ElevenLabs through its own client."""

from __future__ import annotations

from core.errors import NichewiseError, ProviderFailed, ProviderUnavailable
from core.settings import Settings
from rag.providers.base import http_client, translated
from rag.providers.openai_compatible import OpenAICompatible
from rag.providers.vendor_errors import by_status, by_transport

NO_ADDRESS = "There is no address of a server for speech. An administrator can set it on the page Voice."
NO_KEY = "There is no access key for %(provider)s. An administrator can add one on the page Voice."
MP3 = "audio/mpeg"
_READ_SECONDS = 120.0
_ELEVENLABS_URL = "https://api.elevenlabs.io"


class SpeechServer(OpenAICompatible):
    """`/audio/transcriptions` and `/audio/speech` at an address of one's own: OpenAI's, speaches, LocalAI."""

    name = "speech"
    label = "Speech"

    def configured(self, settings: Settings) -> bool:
        return bool(settings.speech_url)

    def address(self, settings: Settings) -> str:
        return settings.speech_url or ""

    def key(self, settings: Settings) -> str:
        if not settings.speech_url:
            raise ProviderUnavailable(NO_ADDRESS)
        return settings.speech_api_key.get_secret_value() if settings.speech_api_key else "none"

    def load(self) -> None:
        import openai  # noqa: F401

    async def hear(self, settings: Settings, wav: bytes, language: str | None) -> tuple[str, str]:
        """The text, and the code of its language where it was asked for."""
        with translated(self):
            from openai import omit

            async with self._client(settings, _READ_SECONDS) as client:
                said = await client.audio.transcriptions.create(
                    file=("recording.wav", wav, "audio/wav"),
                    model=settings.speech_listen_model,
                    language=language or omit,
                    response_format="json",
                )
            return said.text.strip(), language or ""

    async def speak(self, settings: Settings, text: str) -> bytes:
        """An MP3."""
        with translated(self):
            async with self._client(settings, _READ_SECONDS) as client:
                spoken = await client.audio.speech.create(
                    input=text, model=settings.speech_model, voice=settings.speech_voice, response_format="mp3"
                )
            return _sound(self.label, spoken.response.headers.get("content-type", ""), spoken.content)


class ElevenLabs:
    label = "ElevenLabs"

    def configured(self, settings: Settings) -> bool:
        return settings.elevenlabs_api_key is not None

    def load(self) -> None:
        import elevenlabs.client  # noqa: F401

    async def speak(self, settings: Settings, text: str) -> bytes:
        """An MP3."""
        import httpx
        from elevenlabs.client import AsyncElevenLabs
        from elevenlabs.core.api_error import ApiError

        if settings.elevenlabs_api_key is None:
            raise ProviderUnavailable(NO_KEY, provider=self.label)
        url = settings.elevenlabs_base_url or _ELEVENLABS_URL
        kinds: list[str] = []

        async def note(response: httpx.Response) -> None:
            kinds.append(response.headers.get("content-type", ""))

        try:
            async with http_client(url, _READ_SECONDS) as http:
                http.event_hooks = {"response": [note]}
                client = AsyncElevenLabs(
                    api_key=settings.elevenlabs_api_key.get_secret_value(), base_url=url, httpx_client=http
                )
                pieces = client.text_to_speech.convert(
                    settings.elevenlabs_voice,
                    text=text,
                    model_id=settings.elevenlabs_model,
                    output_format="mp3_44100_128",
                    request_options={"max_retries": 0},
                )
                audio = b"".join([piece async for piece in pieces])
                return _sound(self.label, "".join(kinds[-1:]), audio)
        except NichewiseError:
            raise
        except ApiError as error:
            raise by_status(self.label, error.status_code or 500) from error
        except Exception as error:
            explained = by_transport(self.label, error)
            if explained is None:
                raise
            raise explained from error


def _sound(label: str, kind: str, audio: bytes) -> bytes:
    """`audio`, if that is what the server sent."""
    if not audio or kind.startswith(("text/", "application/json")):
        raise ProviderFailed(provider=label)
    return audio
