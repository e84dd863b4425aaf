"""How far documents are, whether anybody works on them, and stopping and going on."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from core.entities.corpora import Document, Stage
from core.entities.ledger import LedgerLine
from core.errors import Conflict, Forbidden, NotFound
from services.container import Services
from tests import samples
from tests.desk import ENGLISH, RUSSIAN, Desk


@pytest.fixture
def desk(services: Services, model: None) -> Desk:
    return Desk(services)


def run_sql(desk: Desk, statement: str, **values: object) -> None:
    with desk.services.db.begin() as tx:
        tx.connection.execute(text(statement), values)


def line(desk: Desk, document: Document) -> LedgerLine:
    now = desk.services.documents.get(desk.sales, document.id)
    return desk.services.ledger.lines(desk.sales, [now])[0]


def taken_up(desk: Desk, silent: int = 0) -> None:
    """As if a worker had every job, and had been silent for so many seconds."""
    run_sql(
        desk,
        """WITH worker AS (
            INSERT INTO procrastinate_workers (last_heartbeat)
            VALUES (now() - :silent * interval '1 second') RETURNING id
        ) UPDATE procrastinate_jobs SET status = 'doing', worker_id = worker.id FROM worker""",
        silent=silent,
    )


def stage(desk: Desk, document_id: UUID) -> Stage:
    return desk.services.documents.get(desk.sales, document_id).stage


# --- how alive ------------------------------------------------------------------------------------------------------


def test_a_document_in_the_queue_waits(desk: Desk) -> None:
    assert line(desk, desk.upload(desk.sales, RUSSIAN).document).pulse == "waiting"


def test_the_next_try_after_a_failure_is_told(desk: Desk) -> None:
    document = desk.upload(desk.sales, RUSSIAN).document
    run_sql(desk, "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 minute'")
    found = line(desk, document)
    assert (found.pulse, found.next_try_at is not None) == ("waiting", True)


@pytest.mark.parametrize(
    ("silent", "still", "pulse"), [(0, 0, "busy"), (0, 300, "stuck"), (60, 0, "dead"), (60, 300, "dead")]
)
def test_heartbeat_and_progress_tell_busy_stuck_and_dead_apart(desk: Desk, silent: int, still: int, pulse: str) -> None:
    document = desk.upload(desk.sales, RUSSIAN).document
    taken_up(desk, silent)
    run_sql(desk, "UPDATE documents SET updated_at = now() - :still * interval '1 second'", still=still)
    assert line(desk, document).pulse == pulse


def test_a_document_that_no_job_will_take_up_is_dead(desk: Desk) -> None:
    document = desk.upload(desk.sales, RUSSIAN).document
    run_sql(desk, "DELETE FROM procrastinate_events")
    run_sql(desk, "DELETE FROM procrastinate_jobs")
    run_sql(desk, "UPDATE documents SET updated_at = now() - interval '5 minutes'")
    assert line(desk, document).pulse == "dead"


def test_a_pace_is_told_while_passages_are_embedded(desk: Desk) -> None:
    document = desk.upload(desk.sales, RUSSIAN).document
    taken_up(desk)
    run_sql(
        desk, "UPDATE documents SET stage = 'chunked', done = 20, total = 50, stage_at = now() - interval '10 seconds'"
    )
    found = line(desk, document)
    assert found.rate == pytest.approx(2, rel=0.1)
    assert found.seconds_left == pytest.approx(15, rel=0.1)


def test_what_has_ended_has_no_pulse(desk: Desk) -> None:
    assert line(desk, desk.index(desk.sales, RUSSIAN)).pulse == "ended"


def test_counts_are_of_what_one_may_read(desk: Desk) -> None:
    desk.index(desk.sales, RUSSIAN)
    desk.index(desk.sales, samples.EMPTY[".txt"]())
    desk.upload(desk.analyst, f"{RUSSIAN} 2", collection="my-documents")
    counts = desk.services.ledger.counts(desk.sales)
    assert counts.stages == {"ready": 1, "failed": 1}
    assert (counts.documents_per_minute, counts.chunks_per_minute, counts.running) == (1, 1, 0)
    desk.upload(desk.admin, f"{RUSSIAN} 3")
    seen = desk.services.ledger.counts(desk.analyst)
    assert (seen.running, seen.own_running) == (2, 1)
    own = desk.services.ledger.counts(desk.analyst, collection="my-documents")
    assert (own.stages, own.own_running) == ({"received": 1}, 1)
    with pytest.raises(Forbidden):
        desk.services.ledger.counts(desk.guest)


# --- stopping and going on --------------------------------------------------------------------------------------------


def test_cancelled_a_document_goes_no_further_and_retried_it_ends_ready(desk: Desk) -> None:
    document = desk.upload(desk.sales, RUSSIAN).document
    desk.services.ledger.cancel(desk.sales, document.id)
    desk.services.ingestion.run(document.id)
    assert stage(desk, document.id) is Stage.CANCELLED
    assert desk.chunk_ids(document.id) == []
    desk.services.ledger.retry(desk.sales, document.id)
    desk.services.ingestion.run(document.id)
    assert stage(desk, document.id) is Stage.READY


def test_a_retry_goes_on_from_the_last_batch_that_was_saved(desk: Desk) -> None:
    document = desk.index(desk.sales, "\n\n".join(f"{ENGLISH} Paragraph {n}. " * 12 for n in range(8)), "long.txt")
    run_sql(desk, "UPDATE documents SET stage = 'chunked', done = 3")
    keep = desk.chunk_ids(document.id)[:3]
    run_sql(desk, "DELETE FROM chunk_vectors WHERE chunk_id <> ALL(:keep)", keep=keep)
    desk.services.ledger.cancel(desk.sales, document.id)
    desk.services.ledger.retry(desk.sales, document.id)
    now = desk.services.documents.get(desk.sales, document.id)
    assert (now.stage, now.done, now.total) == (Stage.CHUNKED, 3, document.total)
    desk.services.ingestion.run(document.id)
    assert stage(desk, document.id) is Stage.READY


def test_a_cancel_in_the_middle_of_a_page_that_is_recognised_ends_it(desk: Desk) -> None:
    document = desk.upload(desk.sales, RUSSIAN).document
    with desk.services.db.begin() as tx:
        assert tx.ledger.read_pages(document.id, 3, 10)
    assert desk.services.documents.get(desk.sales, document.id).pages_read == 3
    desk.services.ledger.cancel(desk.sales, document.id)
    with desk.services.db.begin() as tx:
        assert not tx.ledger.read_pages(document.id, 4, 10)


def test_all_that_failed_is_tried_again_by_who_may_change_it(desk: Desk) -> None:
    failed = [
        desk.index(who, samples.EMPTY[".txt"]() + b"\n" * n).id for n, who in enumerate((desk.sales, desk.analyst))
    ]
    assert desk.services.ledger.retry_failed(desk.sales) == 1
    assert [stage(desk, one) for one in failed] == [Stage.RECEIVED, Stage.FAILED]
    assert desk.services.ledger.retry_failed(desk.admin) == 1


def test_everything_of_ones_own_is_cancelled_at_once(desk: Desk) -> None:
    mine = [desk.upload(desk.sales, f"{RUSSIAN} {n}").document.id for n in range(3)]
    other = desk.upload(desk.analyst, f"{RUSSIAN} other").document.id
    assert desk.services.ledger.cancel_all(desk.sales) == 3
    assert {stage(desk, one) for one in mine} == {Stage.CANCELLED}
    assert stage(desk, other) is Stage.RECEIVED
    assert desk.services.ledger.cancel_all(desk.sales) == 0


def test_how_often_work_was_begun_is_counted_over_all_stages(desk: Desk) -> None:
    document = desk.index(desk.sales, samples.EMPTY[".txt"]())
    desk.services.ledger.retry(desk.sales, document.id)
    desk.services.ingestion.run(document.id)
    assert desk.services.documents.get(desk.sales, document.id).tries == 2


def test_who_may_not_delete_a_document_neither_stops_nor_restarts_it(desk: Desk) -> None:
    document = desk.upload(desk.sales, RUSSIAN).document
    for call in (desk.services.ledger.cancel, desk.services.ledger.retry):
        with pytest.raises(Forbidden):
            call(desk.analyst, document.id)
    own = desk.upload(desk.sales, RUSSIAN, collection="my-documents").document
    with pytest.raises(NotFound):
        desk.services.ledger.cancel(desk.admin, own.id)


def test_what_has_ended_is_not_cancelled_and_what_is_ready_not_retried(desk: Desk) -> None:
    ready = desk.index(desk.sales, RUSSIAN)
    for call in (desk.services.ledger.cancel, desk.services.ledger.retry):
        with pytest.raises(Conflict):
            call(desk.sales, ready.id)
