"""The tasks: each takes ids and calls one service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from core.entities.registration import Reason
from services import container

# Every queue a worker may serve. `text` and `audio` are for what takes long without touching a collection.
ALL_QUEUES = ("text", "audio", "ingest", "system")


async def ingest(document_id: str) -> None:
    # No thread waits for a document: hundreds are on their way at once.
    await asyncio.wrap_future(container.current().ingestion.start(UUID(document_id)))


def expand(run_id: str) -> None:
    container.current().archives.run(UUID(run_id))


def reindex(run_id: str, version_id: str, switch: int = 1) -> None:
    container.current().reindexing.run(UUID(run_id), UUID(version_id), switch=bool(switch))


def switch_version(run_id: str, version_id: str) -> None:
    container.current().reindexing.switch(UUID(run_id), UUID(version_id))


def discard_version(version_id: str, keep: int) -> None:
    container.current().retirement.remove(UUID(version_id), keep_row=bool(keep))


def delete_collection(run_id: str, indexes: str, hashes: str) -> None:
    container.current().deleting.run(UUID(run_id), _listed(indexes), _listed(hashes))


def _listed(joined: str) -> list[str]:
    return joined.split(",") if joined else []


def reconcile(run_id: str, collection_id: str) -> None:
    container.current().reconciling.run(UUID(run_id), UUID(collection_id))


def load_demo(run_id: str) -> None:
    container.current().corpora.load(UUID(run_id))


def import_niches(run_id: str, import_id: str) -> None:
    container.current().niche_import_job.run(UUID(run_id), UUID(import_id))


def load_demo_niches(run_id: str) -> None:
    container.current().niche_demo.load(UUID(run_id))


def embed_niches() -> None:
    container.current().niche_catalogue.embed()


def sweep(run_id: str, experiment_id: str, lane: int) -> None:
    container.current().sweeps.run(UUID(run_id), UUID(experiment_id), lane)


def evaluate(run_id: str) -> None:
    container.current().evaluation.run(UUID(run_id))


def refresh_source(run_id: str) -> None:
    container.current().source_refresh.run(UUID(run_id))


def start_due_sources(timestamp: int) -> None:
    container.current().sources.start_due()


def summarise(user_id: str, ended_by: Reason, since: str = "", conversation_id: str = "") -> None:
    container.current().summaries.run(
        UUID(user_id),
        ended_by,
        since=datetime.fromisoformat(since) if since else None,
        conversation_id=UUID(conversation_id) if conversation_id else None,
    )


def remember_sessions(timestamp: int) -> None:
    container.current().summaries.sweep()


def deliver_mail(timestamp: int) -> None:
    container.current().mail.deliver()


def prune(timestamp: int) -> None:
    container.current().upkeep.prune()
    container.current().archives.prune()


def reconcile_all(timestamp: int) -> None:
    container.current().reconciling.nightly()


def retire_versions(timestamp: int) -> None:
    container.current().retirement.nightly()


QUEUES: Mapping[Callable[..., object], str] = {
    ingest: "ingest",
    expand: "text",
    reindex: "system",
    switch_version: "system",
    discard_version: "system",
    delete_collection: "system",
    reconcile: "system",
    load_demo: "system",
    import_niches: "text",
    refresh_source: "text",
    sweep: "text",
    summarise: "text",
    evaluate: "text",
    load_demo_niches: "text",
    embed_niches: "text",
}
PERIODIC: Mapping[Callable[[int], None], str] = {
    deliver_mail: "* * * * *",
    remember_sessions: "*/5 * * * *",
    start_due_sources: "* * * * *",
    prune: "17 3 * * *",
    reconcile_all: "41 2 * * *",
    retire_versions: "53 3 * * *",
}
