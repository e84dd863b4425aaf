"""Makes procrastinate's app: which tasks there are, their queues, their retries and their schedules."""

from __future__ import annotations

import logging
import time
from typing import Any

from procrastinate import App, BaseRetryStrategy, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job

from core.errors import Unavailable
from jobs import tasks
from jobs.claims import Claims
from services.files.batching import Stopped

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
_SAID_EVERY = 60.0  # seconds
STALLED_AFTER = 30.0  # seconds without a heartbeat; a worker beats every 10


class Again(BaseRetryStrategy):
    """Work that a shutdown cut short starts again at once; anything else after 2, 4, 8, … 60 s, a few times; what waits
    for a part of the service that is down, until it is back."""

    def __init__(self) -> None:
        self._said: dict[str, float] = {}  # what is down, and when that was logged

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, Stopped):
            return RetryDecision(retry_in={"seconds": 0})
        if isinstance(exception, Unavailable):
            self._say(job.task_name, exception.message)
        elif job.attempts >= MAX_ATTEMPTS:
            return None
        return RetryDecision(retry_in={"seconds": 2 ** (job.attempts + 1) if job.attempts < 5 else 60})

    def _say(self, task: str, reason: str) -> None:
        """Once a minute, however many jobs wait."""
        if time.monotonic() - self._said.get(reason, -_SAID_EVERY) >= _SAID_EVERY:
            self._said[reason] = time.monotonic()
            log.warning("Jobs of %s wait and are tried again: %s", task, reason)


def create(database_url: str, *, connections: int = 4) -> App:
    """Opens nothing; the worker does."""
    app = App(connector=PsycopgConnector(conninfo=database_url, min_size=1, max_size=connections))
    app.job_manager = Claims(app.connector, grouped=[tasks.QUEUES[tasks.ingest]])
    for work, queue in tasks.QUEUES.items():
        app.task(name=work.__name__, queue=queue, retry=Again())(work)
    for work, cron in tasks.PERIODIC.items():
        _schedule(app, work, cron)
    _schedule(app, rescue_stalled, "* * * * *", pass_context=True)
    return app


def _schedule(app: Any, work: Any, cron: str, **options: Any) -> None:
    task = app.task(name=work.__name__, queue="system", queueing_lock=work.__name__, **options)(work)
    app.periodic(cron=cron)(task)


async def rescue_stalled(context: JobContext, timestamp: int) -> None:
    await rescue(context.app)


async def rescue(app: App) -> int:
    """Puts the jobs of dead workers back into the queue; returns how many."""
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER))
    rescued = 0
    for job in stalled:
        try:
            await app.job_manager.retry_job(job)
        except ConnectorException:
            log.info("Job %s was taken up by another worker", job.id)
        else:
            rescued += 1
    if rescued:
        log.info("%s jobs of dead workers were put back into the queue", rescued)
    return rescued
