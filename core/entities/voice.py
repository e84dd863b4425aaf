"""What is said and what is read aloud, between the rooms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Listener = Literal["whisper", "server", ""]  # "": nobody
Speaker = Literal["elevenlabs", "server", "browser"]


@dataclass(frozen=True, slots=True)
class Transcript:
    """`text` is empty where nothing was said; `language` is a code such as "en", or "" where nobody could tell."""

    text: str
    language: str
    seconds: float  # how long the recording is
    by: Listener


@dataclass(frozen=True, slots=True)
class Reading:
    """What of an answer is read aloud, in which language, and by whom; `cut` where the end is left out."""

    text: str
    language: str
    by: Speaker
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Speech:
    audio: bytes
    media_type: str
    by: Speaker


@dataclass(frozen=True, slots=True)
class VoiceAbilities:
    """Who listens and who speaks here, and how long a recording may be, in seconds."""

    listener: Listener
    speaker: Speaker
    seconds: int


@dataclass(frozen=True, slots=True)
class VoiceServer:
    """A server for speech as administrators see it; `choice` is its model that recognises, or its voice."""

    name: Literal["speech", "elevenlabs"]
    label: str
    address: str
    choice: str
    key_set: bool
