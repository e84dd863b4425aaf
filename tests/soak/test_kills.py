"""Kill -9 at thirty moments of ingest, re-index, delete and switch, with uploads and deletions while versions build."""

from __future__ import annotations

from collections import Counter

import pytest

from core.settings import Settings
from tests.servers.ollama import OllamaServer
from tests.soak.kills import EVERY, REINDEX, SWITCH, soak

pytestmark = pytest.mark.soak


def test_killed_at_thirty_moments_no_document_is_lost_doubled_or_half_visible(
    database_url: str, settings: Settings, model: None
) -> None:
    stages = Counter(moment.stage for moment in EVERY)
    assert len(EVERY) >= 30
    assert min(stages[name] for name in ("ingest", "reindex", "delete", "switch")) >= 4
    with soak(database_url, settings.var_dir, documents=40) as world:
        for moment in EVERY:
            world.survive(moment)
        print({"killed": len(world.killed), **stages})  # noqa: T201 - these figures are what the test is for


def test_killed_while_versions_of_two_models_take_turns_searches_are_those_of_the_version_in_use(
    database_url: str, settings: Settings, model: None, ollama: OllamaServer
) -> None:
    ollama.script.models.append("some-multilingual")
    other = "ollama:some-multilingual"
    environment = {"NICHEWISE_EMBEDDINGS": other, "NICHEWISE_OLLAMA_URL": ollama.url}
    moments = [*REINDEX[::3], *SWITCH[::2]]
    with soak(database_url, settings.var_dir, 10, (other, "builtin"), environment) as world:
        for moment in moments:
            world.survive(moment)
    assert ollama.script.asked("/api/embed")
