"""Workers: the one inside the app, and `python -m jobs.worker --queues text,audio,ingest` for machines of their own.

The embedded worker has a thread and an event loop of its own: a page that keeps the app's loop busy must not delay
heartbeats, and fetching jobs must not delay pages.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from procrastinate import JobContext
from procrastinate.worker import Worker

from core import logs, memory
from core.errors import NichewiseError, StartupError
from core.settings import Settings, load_settings
from jobs.app import create, rescue
from jobs.tasks import ALL_QUEUES
from services.container import Services
from services.startup import opened

log = logging.getLogger(__name__)

GRACE = 2.0  # seconds that running jobs get to end; what they were told to break off goes back into the queue
_THREADS = 4  # for jobs that are no coroutines
AGAIN = 1.0  # seconds before a worker whose connection broke starts anew


@dataclass(frozen=True, slots=True)
class Lane:
    """Queues that share so many jobs at once. Documents have a lane of their own, so that a thousand of them keep
    nothing else waiting, and a broad one, because some are embedded together while others are read."""

    queues: tuple[str, ...]
    jobs: int


def lanes(queues: Iterable[str]) -> list[Lane]:
    wanted = set(queues)
    others = tuple(queue for queue in ALL_QUEUES if queue in wanted and queue != "ingest")
    found = [Lane(("ingest",), 192)] if "ingest" in wanted else []
    return [*found, Lane(others, _THREADS)] if others else found


class Workers:
    """Serves queues until `stop`. `memory` is a file that names the workers of this folder's last owner: whoever holds
    the folder's lock knows that they are dead, and takes up their jobs without waiting for a heartbeat to be missed."""

    def __init__(
        self,
        database_url: str,
        memory: Path,
        queues: Iterable[str] = ALL_QUEUES,
        *,
        ready: Callable[[], None] = lambda: None,
    ) -> None:
        self._lanes = lanes(queues)
        self._memory = memory
        self._app = create(database_url, connections=2 + len(self._lanes))
        self._ready = ready
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._serving: dict[Lane, Any] = {}  # procrastinate leaves its methods untyped
        self._known: set[int] = set()  # workers of this process that are in `memory`

    async def run(self) -> None:
        self._loop = asyncio.get_running_loop()
        threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="job")
        self._loop.set_default_executor(threads)
        async with self._app.open_async():
            await self._bury_predecessors()
            await rescue(self._app)
            self._ready()
            await asyncio.gather(*(self._keep_serving(lane) for lane in self._lanes))

    def stop(self) -> None:
        """Ends `run` after the grace; may be called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop_here)

    def _stop_here(self) -> None:
        self._stopping.set()
        for worker in self._serving.values():
            worker.stop()

    async def _keep_serving(self, lane: Lane) -> None:
        while not self._stopping.is_set():
            worker: Any = self._worker(lane)
            self._serving[lane] = worker
            try:
                await worker.run()
            except Exception:
                log.exception("The worker of %s broke off; it starts again", ", ".join(lane.queues))
            if not self._stopping.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), AGAIN)

    def _worker(self, lane: Lane) -> Worker:
        return Worker(
            app=self._app,
            queues=list(lane.queues),  # psycopg writes a tuple as a record, not as an array
            concurrency=lane.jobs,
            install_signal_handlers=False,
            delete_jobs="successful",
            shutdown_graceful_timeout=GRACE,
            worker_middleware=[self._remember],
        )

    async def _remember(self, run_job: Callable[[], Any], context: JobContext, worker: Worker) -> Any:
        if worker.worker_id is not None and worker.worker_id not in self._known:
            self._known.add(worker.worker_id)
            self._memory.write_text(json.dumps(sorted({*self._known, *self._remembered()})))
        return await run_job()

    def _remembered(self) -> list[int]:
        try:
            return [int(one) for one in json.loads(self._memory.read_text())]
        except (FileNotFoundError, ValueError):
            return []

    async def _bury_predecessors(self) -> None:
        for worker_id in self._remembered():
            await self._app.job_manager.unregister_worker(worker_id)
        self._memory.unlink(missing_ok=True)


@asynccontextmanager
async def embedded_worker(services: Services) -> AsyncIterator[None]:
    """Serves every queue from a thread of this process while the block lasts; ends within GRACE and a little more."""
    workers = Workers(services.db.url, _memory(services), ready=lambda: services.health.report("worker"))
    thread = threading.Thread(target=_run, args=(workers, services), name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        workers.stop()
        services.ingestion.stop()
        services.reindexing.stop()
        services.evaluation.stop()
        await asyncio.to_thread(thread.join, 10)


def _run(workers: Workers, services: Services) -> None:
    try:
        asyncio.run(workers.run())
    except Exception as error:  # whatever it is, the worker does not work and `ready` must say so
        log.exception("The embedded worker ended")
        services.health.report("worker", f"The worker ended ({type(error).__name__}). See the log.")


def _memory(services: Services) -> Path:
    return services.settings.var_dir / "workers.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """A worker process: `--queues` names what it serves. Ends with 0 on SIGTERM and SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m jobs.worker", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--queues", default=",".join(ALL_QUEUES), help="comma-separated; default: %(default)s")
    queues = [queue.strip() for queue in parser.parse_args(arguments).queues.split(",") if queue.strip()]
    if unknown := set(queues) - set(ALL_QUEUES):
        parser.error(f"unknown queues: {', '.join(sorted(unknown))}; there are {', '.join(ALL_QUEUES)}")
    memory.configure()
    logs.configure()
    try:
        with opened(_shared(load_settings()), log.info) as house:
            asyncio.run(_serve(house.services, queues))
    except NichewiseError as error:
        sys.stderr.write(f"The worker cannot start. {error.message}\n")
        return 1
    return 0


def _shared(settings: Settings) -> Settings:
    """Raises StartupError where this process would serve a database and files of its own that nobody else sees."""
    if settings.unshared:
        raise StartupError("Set %(names)s here as for the app.", names=", ".join(settings.unshared))
    return settings


async def _serve(services: Services, queues: Sequence[str]) -> None:
    workers = Workers(services.db.url, _memory(services), queues)

    def end() -> None:
        workers.stop()
        services.ingestion.stop()
        services.reindexing.stop()
        services.evaluation.stop()

    for received in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(received, end)
    await workers.run()


if __name__ == "__main__":
    sys.exit(main())
