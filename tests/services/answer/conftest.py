"""A house that quotes, where people may ask as much as they like."""

from __future__ import annotations

import pytest

from core.settings import Settings
from services.container import Services
from tests.desk import Desk
from tests.services.answer.shelf import fill


@pytest.fixture
def settings(settings: Settings) -> Settings:
    changes = {"provider": "extractive", "small_talk_per_day": 1_000, "small_talk_per_conversation": 1_000}
    return settings.model_copy(update=changes)


@pytest.fixture
def desk(services: Services, model: None) -> Desk:
    """Everything of `shelf` is there to be asked."""
    desk = Desk(services)
    fill(desk)
    return desk
