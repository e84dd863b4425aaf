"""The use cases of speech: what a recording says, and an answer read aloud."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import BinaryIO, Protocol, get_args

from core.entities.people import Principal
from core.entities.voice import Listener, Reading, Speaker, Speech, Transcript, VoiceAbilities, VoiceServer
from core.errors import BadInput, Forbidden, TooLarge, Unavailable
from core.i18n import LOCALES
from core.roles import Permission
from core.settings import Settings
from rag.language import detect
from services.chat.limits import MINUTE, Limits
from services.models.engine import Engine
from services.rates import Rate, Rates
from services.voice.ear import BUSY, Ear
from services.voice.servers import MP3, ElevenLabs, SpeechServer
from services.voice.spoken import spoken
from services.voice.weights import find

MOST_BYTES = 50_000_000  # the longest recording, as the browser's microphone makes it
_MOST_CALLS = 16  # to servers at once: each takes a thread of the web server
LANGUAGES = ("auto", *LOCALES)
NOBODY_LISTENS = (
    "Speech is not recognised here yet: there is no speech model. An administrator can put a Whisper model into "
    "var/models, or name a server that recognises speech. Typing works."
)
BROWSER_SPEAKS = (
    "No voice is set up here. The page Voice reads with the browser's own voice; an administrator can add a key of "
    "ElevenLabs or a speech server."
)
NOTHING_TO_READ = "There is nothing to read aloud."


class _Voice(Protocol):
    def configured(self, settings: Settings) -> bool: ...
    def load(self) -> None: ...
    async def speak(self, settings: Settings, text: str) -> bytes: ...


class Voice:
    """For everybody with the permission VOICE, as often a minute as they may ask; listening and speaking count apart
    from each other and from messages."""

    def __init__(self, engine: Engine, limits: Limits, rates: Rates) -> None:
        self._engine, self._limits, self._rates = engine, limits, rates
        self._ear = Ear(lambda: find(engine.settings), engine.settings.voice_seconds)
        self._server = SpeechServer()
        self._calls = BoundedSemaphore(_MOST_CALLS)
        self._voices: dict[Speaker, _Voice] = {"elevenlabs": ElevenLabs(), "server": self._server}

    def abilities(self, principal: Principal) -> VoiceAbilities:
        """Who listens and speaks as things stand now."""
        _require(principal)
        settings = self._settings()
        return VoiceAbilities(self._listener(settings), self._speaker(settings), settings.voice_seconds)

    def transcribe(self, principal: Principal, recording: BinaryIO, language: str = "auto") -> Transcript:
        """What is said in an audio file; an empty text where nobody speaks. Nothing of it is kept.

        Raises TooLarge, ParseFailed, BadInput, TooMany, and Unavailable or the errors of providers where nobody can
        recognise it now."""
        _require(principal)
        if language not in LANGUAGES:
            raise BadInput("Name the language as one of: %(choices)s.", choices=", ".join(LANGUAGES))
        settings = self._settings()
        listener = self._listener(settings)
        if not listener:
            raise Unavailable(NOBODY_LISTENS)
        audio = recording.read(MOST_BYTES + 1)
        if len(audio) > MOST_BYTES:
            raise TooLarge(limit=f"{MOST_BYTES // 1_000_000} MB")
        if not audio:
            raise BadInput("The recording is empty. Record it again.")
        self._count(principal, "hear")
        wanted = None if language == "auto" else language
        if listener == "whisper":
            return self._ear.hear(audio, wanted)
        wav, seconds = self._ear.clean(audio)
        if not wav:
            return Transcript("", "", seconds, listener)
        with self._call():
            text, spoken_in = self._engine.run(self._heard(settings, wav, wanted)).result()
        return Transcript(text, spoken_in or detect(text), seconds, listener)

    def reading(self, principal: Principal, answer: str) -> Reading:
        """What of an answer is read aloud, and by whom; counts nothing. Raises BadInput where there is nothing."""
        _require(principal)
        text, cut = spoken(answer)
        if not text:
            raise BadInput(NOTHING_TO_READ)
        return Reading(text, detect(text), self._speaker(self._settings()), cut)

    def speak(self, principal: Principal, answer: str) -> Speech:
        """The answer as sound. Raises Unavailable where only a browser could read it."""
        reading = self.reading(principal, answer)
        voice = self._voices.get(reading.by)
        if voice is None:
            raise Unavailable(BROWSER_SPEAKS)
        self._count(principal, "speak")
        with self._call():
            return Speech(self._engine.run(self._said(voice, reading.text)).result(), MP3, reading.by)

    def servers(self, principal: Principal) -> tuple[VoiceServer, ...]:
        """What is set about them; `Providers.configure` changes it. For administrators."""
        if not principal.may(Permission.SYSTEM):
            raise Forbidden
        settings = self._settings()
        return (
            VoiceServer(
                "speech",
                self._server.label,
                settings.speech_url or "",
                settings.speech_listen_model,
                settings.speech_api_key is not None,
            ),
            VoiceServer(
                "elevenlabs",
                ElevenLabs.label,
                settings.elevenlabs_base_url or "",
                settings.elevenlabs_voice,
                settings.elevenlabs_api_key is not None,
            ),
        )

    def close(self) -> None:
        self._ear.close()

    async def _heard(self, settings: Settings, wav: bytes, language: str | None) -> tuple[str, str]:
        await asyncio.to_thread(self._server.load)
        return await self._server.hear(settings, wav, language)

    async def _said(self, voice: _Voice, text: str) -> bytes:
        await asyncio.to_thread(voice.load)
        return await voice.speak(self._engine.settings, text)

    @contextmanager
    def _call(self) -> Iterator[None]:
        if not self._calls.acquire(blocking=False):
            raise Unavailable(BUSY)
        try:
            yield
        finally:
            self._calls.release()

    def _settings(self) -> Settings:
        """Those of the process, with what administrators set over them."""
        self._engine.refresh()
        return self._engine.settings

    def _listener(self, settings: Settings) -> Listener:
        wanted = settings.listener
        if wanted in ("auto", "whisper") and find(settings) is not None:
            return "whisper"
        return "server" if wanted in ("auto", "server") and self._server.configured(settings) else ""

    def _speaker(self, settings: Settings) -> Speaker:
        """The first in the order of `Speaker` that is set up, or the one that is wanted."""
        for name in get_args(Speaker):
            if settings.speaker in ("auto", name) and name in self._voices and self._voices[name].configured(settings):
                return name  # type: ignore[no-any-return]
        return "browser"

    def _count(self, principal: Principal, what: str) -> None:
        most = self._limits.quota(principal).per_minute
        self._rates.hit(f"{what}:{principal.user_id}", Rate(most, MINUTE))


def _require(principal: Principal) -> None:
    if not principal.may(Permission.VOICE):
        raise Forbidden
