"""People who speak, and the service of a test's own settings."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from core.entities.people import Principal
from core.entities.voice import Transcript
from core.roles import Role
from core.settings import Settings
from services.container import Services
from services.voice.talking import Voice
from tests.services.conftest import House

Build = Callable[[Settings], Services]


@pytest.fixture
def vera(house: House) -> Principal:
    user = house.person("vera@example.com", Role.ANALYST)
    return Principal(role=user.role, user_id=user.id, email=user.email, name=user.name)


@pytest.fixture
def with_model(settings: Settings, whisper_model: Path) -> Settings:
    return settings.model_copy(update={"whisper": str(whisper_model)})


@pytest.fixture
def voice(with_model: Settings, build_services: Build) -> Voice:
    """One that listens with the small model."""
    return build_services(with_model).voice


def hear(voice: Voice, who: Principal, recording: bytes | Path, language: str = "auto") -> Transcript:
    audio = recording.read_bytes() if isinstance(recording, Path) else recording
    return voice.transcribe(who, io.BytesIO(audio), language)
