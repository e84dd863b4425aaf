"""Kill -9 at thirty moments of ingest, re-index, delete and switch, with uploads and deletions while versions build."""

from __future__ import annotations

from collections import Counter

import pytest

from core.settings import Settings
from tests.soak.kills import EVERY, soak

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
