"""The fault test of `make soak`, cut down to a kill in each stage."""

from __future__ import annotations

from core.settings import Settings
from tests.soak.kills import DELETE, INGEST, REINDEX, SWITCH, soak


def test_killed_in_each_stage_nothing_is_lost_doubled_or_half_visible(
    database_url: str, settings: Settings, model: None
) -> None:
    with soak(database_url, settings.var_dir, documents=8) as world:
        for moment in (INGEST[4], REINDEX[3], SWITCH[2], DELETE[4]):
            world.survive(moment)
