"""The tasks: each takes ids and calls one service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from services import container

# Every queue a worker may serve. `text` and `audio` are for what takes long without touching a collection.
ALL_QUEUES = ("text", "audio", "ingest", "system")


def ingest(document_id: str) -> None:
    container.current().ingestion.run(UUID(document_id))


def reindex(run_id: str, version_id: str) -> None:
    container.current().reindexing.run(UUID(run_id), UUID(version_id))


def load_demo(run_id: str) -> None:
    container.current().corpora.load(UUID(run_id))


def import_niches(run_id: str, import_id: str) -> None:
    container.current().niche_import.run(UUID(run_id), UUID(import_id))


def load_demo_niches(run_id: str) -> None:
    container.current().niche_import.load_demo(UUID(run_id))


def embed_niches() -> None:
    container.current().niche_catalogue.embed()


def sweep(run_id: str, experiment_id: str, lane: int) -> None:
    container.current().sweeps.run(UUID(run_id), UUID(experiment_id), lane)


def deliver_mail(timestamp: int) -> None:
    container.current().mail.deliver()


def prune(timestamp: int) -> None:
    container.current().upkeep.prune()


QUEUES: Mapping[Callable[..., None], str] = {
    ingest: "ingest",
    reindex: "system",
    load_demo: "system",
    import_niches: "text",
    sweep: "text",
    load_demo_niches: "text",
    embed_niches: "text",
}
PERIODIC: Mapping[Callable[[int], None], str] = {deliver_mail: "* * * * *", prune: "17 3 * * *"}
