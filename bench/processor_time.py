"""Processor time by process: where an ingestion spends its cores, whatever else the machine does meanwhile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psutil
import psycopg

from services.container import Services

PROCESSES = ("app", "embedder", "readers", "vectors", "postgres")


@contextmanager
def account(services: Services) -> Iterator[dict[str, float]]:
    """Seconds of processor time of each of `PROCESSES` within the block; the dictionary is filled at its end.

    `app` is this process. What children spent that ended meanwhile is counted with who waited for them.
    """
    spent: dict[str, float] = {}
    before = _so_far(services)
    yield spent
    spent.update({name: seconds - before.get(name, 0.0) for name, seconds in _so_far(services).items()})


def _so_far(services: Services) -> dict[str, float]:
    own = psutil.Process()
    found = defaultdict(float, app=spent_by(own), readers=_of_ended_children(own))
    for child in own.children():
        if kind := kind_of(child.cmdline()):
            found[kind] += spent_by(child)
    with psycopg.connect(services.db.url) as connection:
        server = psutil.Process(connection.info.backend_pid).parent()
    assert server is not None
    found["postgres"] += spent_by(server) + _of_ended_children(server) + sum(map(spent_by, server.children()))
    return found


def kind_of(command: Sequence[str]) -> str:
    """Which of `PROCESSES` a child of the app is by how it was started; "" for another."""
    modules = {"rag.embedder": "embedder", "rag.readers": "readers", "rag.vectors.owner": "vectors"}
    return next((kind for module, kind in modules.items() if module in command), "")


def spent_by(process: psutil.Process) -> float:
    """Seconds so far; nothing of a process that has ended, whose time its parent has."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _of_ended_children(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.children_user + times.children_system)
