from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from uuid import UUID

import pytest
from sqlalchemy import text

from core.entities.corpora import CollectionVersion, Stage
from core.entities.evaluation import NewGolden
from core.entities.versions import GoldenOutcome, IndexPlan, VersionDetail
from core.errors import BadInput, Conflict, Forbidden, NotFound
from core.roles import Role
from services.container import Services
from services.corpora.building import Made
from services.corpora.verification import telling
from services.files.batching import Stopped
from services.files.blobs import Blobs
from tests.desk import ENGLISH, RUSSIAN, Desk

RULES = "\n\n".join(f"# Rule {n}\n\nRule number {n} says: {ENGLISH} It was added in {1900 + n}." for n in range(12))


@pytest.fixture
def desk(services: Services, model: None) -> Desk:
    return Desk(services)


def versions(desk: Desk) -> dict[int, VersionDetail]:
    return {one.version.number: one for one in desk.services.versions.list(desk.analyst, "documents")}


def states(desk: Desk) -> dict[int, str]:
    return {number: one.version.state for number, one in versions(desk).items()}


def active(desk: Desk) -> CollectionVersion:
    return desk.services.collections.get(desk.sales, "documents").version


def found(desk: Desk, question: str) -> list[UUID]:
    """Documents that a search finds, best first."""
    hits = desk.services.search.search(desk.sales, "documents", question, 5).passages
    return list(dict.fromkeys(hit.document_id for hit in hits))


def held(desk: Desk, version: CollectionVersion) -> tuple[int, int, int, int]:
    """Chunks and vectors in SQL, words in the lexical index, vectors in Chroma."""
    with desk.services.db.begin() as tx:
        kept = tx.chunks.count(version.id), len(tx.soundness.vector_ids(version.id))
    return (*kept, desk.services.lexical.count(version.vector_name), desk.services.vectors.count(version.vector_name))


# --- building and switching -----------------------------------------------------------------------------------------


def test_a_reindex_builds_a_second_version_and_keeps_the_first_for_going_back(desk: Desk) -> None:
    document = desk.index(desk.sales, RULES, "rules.md")
    before = desk.services.collections.get(desk.sales, "documents")
    assert desk.rebuild().status == "done"
    after = desk.services.collections.get(desk.sales, "documents")
    assert (after.version.number, after.documents, after.chunks) == (2, 1, before.chunks)
    assert states(desk) == {1: "retired", 2: "active"}
    assert held(desk, after.version) == held(desk, before.version) == (12, 12, 12, 12)
    assert found(desk, "Rule number 7") == [document.id]


def test_the_report_says_what_was_checked_and_how_it_compares(desk: Desk) -> None:
    desk.index(desk.sales, RULES, "rules.md")
    desk.index(desk.sales, RUSSIAN)
    desk.rebuild()
    report = versions(desk)[2].report
    assert report
    assert report.passed
    assert {check.name: check.passed for check in report.checks} == dict.fromkeys(
        ("documents", "words", "vectors", "self_search"), True
    )
    assert report.before
    assert (report.before.documents, report.after.documents, report.after.chunks) == (2, 2, 13)
    assert (report.sampled, report.compared, report.overlap) == (13, 13, 1.0)
    assert (report.reused, report.embedded) == (12, 0)  # passages that read as before are not embedded again


def test_other_sizes_are_another_index_with_the_same_documents(desk: Desk) -> None:
    document = desk.index(
        desk.sales, f"# Refunds\n\n{' '.join([ENGLISH] * 20)}\n\n# Возврат\n\n{' '.join([RUSSIAN] * 60)}", "r.md"
    )
    before = document.chunks
    desk.rebuild(plan=IndexPlan(chunk_tokens=64, chunk_overlap=8))
    fingerprint = active(desk).fingerprint
    assert (fingerprint.chunk_tokens, fingerprint.chunk_overlap, fingerprint.chunk_words) == (64, 8, 75)
    after = desk.services.documents.get(desk.sales, document.id)
    assert after.chunks > 2 * before
    assert found(desk, "refunds paid within fourteen days") == found(desk, "возврат денег") == [document.id]
    assert desk.index(desk.sales, RULES, "rules.md").stage is Stage.READY
    desk.rebuild()  # says nothing of sizes: they stay
    assert active(desk).fingerprint.chunk_tokens == 64


def test_a_collection_without_vectors_answers_by_words(desk: Desk) -> None:
    document = desk.index(desk.sales, RULES, "rules.md")
    desk.rebuild(plan=IndexPlan(languages=()))
    assert held(desk, active(desk))[1::2] == (0, 0)
    assert found(desk, "Rule number 7") == [document.id]


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (IndexPlan(chunk_tokens=5), "32 to 256 tokens"),
        (IndexPlan(chunk_tokens=100_000), "32 to 256 tokens"),
        (IndexPlan(chunk_tokens=64, chunk_overlap=17), "0 to 16 tokens"),
        (IndexPlan(chunk_overlap=-1), "overlap by 0"),
        (IndexPlan(languages=("en", "ru")), "does not speak ru"),
    ],
)
def test_a_plan_that_the_model_cannot_follow_is_refused_before_anything_is_built(
    desk: Desk, plan: IndexPlan, sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence):
        desk.services.versions.reindex(desk.admin, "documents", plan)
    with pytest.raises(BadInput, match=sentence):
        desk.services.previews.preview(desk.analyst, "documents", plan)
    assert states(desk) == {1: "active"}


def test_only_administrators_change_versions_and_sales_staff_do_not_even_see_them(desk: Desk) -> None:
    for who in (desk.guest, desk.sales, desk.analyst):
        for change in (
            lambda who=who: desk.services.versions.reindex(who, "documents"),
            lambda who=who: desk.services.versions.activate(who, "documents", 1),
            lambda who=who: desk.services.versions.discard(who, "documents", 1),
            lambda who=who: desk.services.reconciling.start(who, "documents"),
        ):
            with pytest.raises(Forbidden):
                change()
    for who in (desk.guest, desk.sales):
        with pytest.raises(Forbidden):
            desk.services.versions.list(who, "documents")
    with pytest.raises(NotFound):
        desk.services.versions.reindex(desk.admin, "nowhere")


def test_a_second_reindex_waits_for_the_first(desk: Desk) -> None:
    run = desk.services.versions.reindex(desk.admin, "documents")
    with pytest.raises(Conflict, match="re-indexed already"):
        desk.services.versions.reindex(desk.admin, "documents")
    running = desk.services.versions.running(desk.analyst, "documents")
    assert running
    assert (running.id, running.status) == (run, "waiting")


# --- what happens meanwhile -----------------------------------------------------------------------------------------


def test_what_is_uploaded_and_deleted_while_a_version_is_built_is_in_it_and_out_of_it(desk: Desk) -> None:
    gone = desk.index(desk.sales, RULES, "gone.md")
    desk.rebuild(plan=IndexPlan(switch=False))
    kept = desk.index(desk.sales, ENGLISH, "kept.txt")
    desk.services.documents.delete(desk.sales, gone.id)
    assert desk.switch(2).status == "done"
    assert held(desk, active(desk)) == (1, 1, 1, 1)
    assert found(desk, "refunds") == [kept.id]


def test_a_document_that_was_on_its_way_when_the_version_changed_ends_in_the_new_one(desk: Desk) -> None:
    document = desk.index(desk.sales, RUSSIAN)
    with desk.services.db.begin() as tx:  # as a crash before the last stages leaves it
        tx.connection.execute(text("UPDATE documents SET stage = 'embedded'"))
    desk.rebuild()
    assert desk.services.collections.get(desk.sales, "documents").documents == 0
    desk.services.ingestion.run(document.id)
    collection = desk.services.collections.get(desk.sales, "documents")
    assert (collection.version.number, collection.documents, collection.chunks) == (2, 1, 1)
    assert found(desk, "возврат денег") == [document.id]


def test_a_document_that_was_read_anew_after_it_was_built_is_built_again(desk: Desk) -> None:
    document = desk.index(desk.sales, RULES, "rules.md")
    desk.rebuild(plan=IndexPlan(switch=False))
    with desk.services.db.begin() as tx:
        tx.stages.advance([document.id], Stage.RECEIVED)
    desk.services.ingestion.run(document.id)
    assert desk.switch(2).status == "done"
    assert held(desk, active(desk)) == (12, 12, 12, 12)


def test_a_file_that_cannot_be_read_again_keeps_its_passages_and_is_listed(desk: Desk) -> None:
    lost, other = desk.index(desk.sales, RULES, "rules.md"), desk.index(desk.sales, RUSSIAN)
    Blobs(desk.services.settings.blobs_url).remove(lost.sha256)
    assert desk.rebuild(plan=IndexPlan(chunk_tokens=64)).status == "done"
    listed = versions(desk)[2].taken_over
    assert [(one.title, "missing" in one.reason) for one in listed] == [("Rule 0", True)]
    desk.services.access.set_document(desk.admin, lost.id, [Role.SALES], [])
    seen = desk.services.versions.list(desk.analyst, "documents")
    assert [one.taken_over for one in seen] == [()] * len(seen)  # not named to whom it is closed
    assert found(desk, "Rule number 7") == [lost.id]
    assert found(desk, "возврат денег") == [other.id]


def test_a_document_with_neither_a_file_nor_passages_fails_with_the_reason_and_the_build_goes_on(desk: Desk) -> None:
    lost, other = desk.index(desk.sales, RULES, "rules.md"), desk.index(desk.sales, RUSSIAN)
    Blobs(desk.services.settings.blobs_url).remove(lost.sha256)
    with desk.services.db.begin() as tx:
        tx.connection.execute(text("DELETE FROM chunks WHERE document_id = :id"), {"id": lost.id})
    assert desk.rebuild().status == "done"
    document = desk.services.documents.get(desk.sales, lost.id)
    assert (document.stage, "missing" in document.error) == (Stage.FAILED, True)
    assert found(desk, "возврат денег") == [other.id]


# --- checks ---------------------------------------------------------------------------------------------------------


def test_what_a_crash_left_half_written_is_mended_before_the_version_is_judged(desk: Desk) -> None:
    desk.index(desk.sales, RULES, "rules.md")
    desk.rebuild(plan=IndexPlan(switch=False))
    version = versions(desk)[2].version
    some = sorted(desk.services.vectors.ids(version.vector_name))[:5]
    desk.services.vectors.delete(version.vector_name, some)
    desk.services.lexical.drop(version.vector_name)
    assert desk.switch(2).status == "done"
    assert held(desk, active(desk)) == (12, 12, 12, 12)


def test_golden_questions_that_get_worse_hold_a_version_back_until_a_person_decides(desk: Desk) -> None:
    desk.index(desk.sales, RULES, "rules.md")
    asked: list[UUID] = []

    def golden(version_id: UUID, _check: Callable[[], None]) -> GoldenOutcome:
        asked.append(version_id)
        return GoldenOutcome(passed=False, questions=8, figures={"recall@5": 0.5})

    desk.services.reindexing.verification.golden = golden
    run = desk.rebuild()
    assert (run.status, "did not pass every check" in run.error) == ("done", True)
    assert states(desk) == {1: "active", 2: "built"}
    detail = versions(desk)[2]
    assert asked == [detail.version.id]
    assert detail.report
    assert (detail.report.passed, detail.report.complete) == (False, True)
    assert detail.report.golden == GoldenOutcome(passed=False, questions=8, figures={"recall@5": 0.5})
    assert desk.switch(2).status == "done"
    assert states(desk) == {1: "retired", 2: "active"}


def test_a_version_whose_words_are_those_of_other_passages_does_not_pass(desk: Desk) -> None:
    for n in range(12):
        desk.index(
            desk.sales,
            f"{RUSSIAN} Случай номер {n * 7919}: {' '.join(f'слово{n}х{i}' for i in range(12))}.",
            f"{n}.txt",
        )
    verify = desk.services.reindexing.verification
    desk.rebuild(plan=IndexPlan(switch=False))
    version, before = versions(desk)[2].version, active(desk)
    sound = versions(desk)[2].report
    assert sound
    assert {check.name: check.found for check in sound.checks}["self_search"] == 1.0
    with desk.services.db.begin() as tx:  # the same ids, other texts: what a broken build could leave
        tx.connection.execute(
            text("UPDATE chunks SET text = 'Ни слова из того, о чём шла речь, ' || position WHERE version_id = :v"),
            {"v": version.id},
        )
    desk.services.indexing.repair(version)
    with desk.services.db.begin() as tx:
        tx.connection.execute(
            text(
                "UPDATE chunks SET text = old.text FROM chunks old WHERE old.version_id = :b AND chunks.version_id = :v"
                " AND old.document_id = chunks.document_id AND old.position = chunks.position"
            ),
            {"v": version.id, "b": before.id},
        )
    report = verify.report(version, before, Made(), 0.0)
    assert not report.passed
    assert report.complete


@pytest.mark.parametrize(
    ("passage", "sentence"),
    [
        ("Short. This one is long enough to search with. No.", "This one is long enough to search with."),
        ("| a | b |", ""),
        ("", ""),
        ("word " * 60, ""),
    ],
)
def test_a_sentence_to_search_with_is_the_longest_that_is_one(passage: str, sentence: str) -> None:
    assert telling(passage) == sentence


# --- going back -----------------------------------------------------------------------------------------------------


def test_texts_of_one_pattern_are_measured_against_the_version_that_is_searched(desk: Desk) -> None:
    for n in range(20):
        desk.index(
            desk.sales, f"Отчёт рассказывает о рынке слово{n}особое и о том, как там идут дела зимой.", f"{n}.txt"
        )
    for n in range(100, 106):  # each number is oftener in every other text than in the one that says something of it
        others = " ".join(f"{other}" for other in range(100, 106) if other != n for _ in range(9))
        desk.index(desk.sales, f"В справке говорится о магазине {n} и о его выручке. {others}.", f"{n}.txt")
    desk.rebuild()
    report = versions(desk)[2].report
    assert report
    (check,) = (one for one in report.checks if one.name == "self_search")
    assert check.expected < check.found + 0.03 < 0.9
    assert check.passed
    assert states(desk) == {1: "retired", 2: "active"}


def test_a_rollback_brings_back_the_old_passages_with_what_came_and_went_since(desk: Desk) -> None:
    stays, gone = desk.index(desk.sales, RULES, "rules.md"), desk.index(desk.sales, RUSSIAN)
    before = desk.chunk_ids(stays.id)
    desk.rebuild(plan=IndexPlan(chunk_tokens=64))
    came = desk.index(desk.sales, f"Новые правила: {RUSSIAN}", "new.txt")
    desk.services.documents.delete(desk.sales, gone.id)
    assert desk.switch(1).status == "done"
    assert states(desk) == {1: "active", 2: "retired"}
    assert found(desk, "возврат денег") == [came.id]
    assert found(desk, "Rule number 7") == [stays.id]
    with desk.services.db.begin() as tx:
        assert tx.chunks.ids_of_documents(active(desk).id, [stays.id])[0] == set(before)
    assert held(desk, active(desk)) == (13, 12, 13, 12)
    assert desk.switch(2).status == "done"  # and forth again


def test_the_active_version_a_failed_one_and_none_at_all_cannot_be_switched_to(desk: Desk) -> None:
    desk.services.versions.reindex(desk.admin, "documents")
    desk.services.versions.discard(desk.admin, "documents", 2)
    for number in (1, 2):
        with pytest.raises(BadInput, match="waits or is kept"):
            desk.services.versions.activate(desk.admin, "documents", number)
    with pytest.raises(NotFound):
        desk.services.versions.activate(desk.admin, "documents", 9)
    with pytest.raises(BadInput, match="active version cannot"):
        desk.services.versions.discard(desk.admin, "documents", 1)


def test_a_cancelled_build_leaves_nothing_but_a_line_that_says_so(desk: Desk) -> None:
    desk.index(desk.sales, RULES, "rules.md")
    run = desk.services.versions.reindex(desk.admin, "documents")
    version = versions(desk)[2].version
    desk.services.reindexing.building.add_lacking(version, lambda _done, _total: None)
    assert held(desk, version)[:2] == (12, 12)
    desk.services.versions.discard(desk.admin, "documents", 2)
    desk.services.reindexing.run(run, version.id)
    assert desk.services.documents.job(desk.admin, run).status == "cancelled"
    assert states(desk) == {1: "active", 2: "failed"}
    assert versions(desk)[2].error == "The re-indexing was cancelled; the old version stays in use."
    assert held(desk, version) == (0, 0, 0, 0)
    assert desk.queued("discard_version") == 1
    assert desk.services.versions.running(desk.admin, "documents") is None
    assert desk.rebuild().status == "done"


@pytest.fixture
def later(desk: Desk) -> Callable[[timedelta], None]:
    """Moves what was retired, failed or seen into the past."""

    def move(by: timedelta) -> None:
        with desk.services.db.begin() as tx:
            moved = "UPDATE collection_versions SET retired_at = retired_at - :by, created_at = created_at - :by"
            tx.connection.execute(text(moved), {"by": by})
            tx.connection.execute(text("UPDATE change_followers SET seen_at = seen_at - :by"), {"by": by})

    return move


def folders(desk: Desk) -> list[str]:
    """Of vectors on disk."""
    return [path.name for path in (desk.services.settings.var_dir / "chroma").iterdir() if path.is_dir()]


def test_a_retired_version_is_kept_for_its_days_and_then_gone_from_every_store(
    desk: Desk, later: Callable[[timedelta], None]
) -> None:
    desk.index(desk.sales, RULES * 40, "rules.md")
    first = active(desk)
    desk.rebuild()
    assert desk.services.retirement.nightly() == 0
    assert len(folders(desk)) == 2
    later(timedelta(days=8))
    assert desk.services.retirement.nightly() == 1
    assert states(desk) == {2: "active"}
    assert held(desk, first) == (0, 0, 0, 0)
    assert len(folders(desk)) == 1
    assert desk.services.vectors.names() == {active(desk).vector_name}
    assert first.vector_name not in desk.services.lexical.names()
    assert found(desk, "Rule number 7")


# --- the log of changes ---------------------------------------------------------------------------------------------


def changes(desk: Desk) -> int:
    with desk.services.db.begin() as tx:
        return int(tx.connection.execute(text("SELECT count(*) FROM chunk_changes")).scalar_one())


def follow(desk: Desk) -> None:
    """Tells how far this process is, as it does once a minute."""
    version = active(desk)
    desk.services.indexing.catch_up(version)
    with desk.services.db.begin() as tx:
        tx.changes.follow(
            version.id, desk.services.lexical.follower, desk.services.lexical.applied(version.vector_name)
        )


def test_the_log_is_pruned_as_far_as_every_process_has_come(
    desk: Desk,
    build_services: Callable[..., Services],
    later: Callable[[timedelta], None],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    desk.index(desk.sales, RUSSIAN)
    other = build_services(desk.services.settings.model_copy(update={"var_dir": tmp_path_factory.mktemp("other")}))
    other.indexing.catch_up(active(desk))  # another process, with a lexical index of its own
    desk.index(desk.sales, "Доставка заказов занимает три рабочих дня.", "2.txt")
    follow(desk)
    assert changes(desk) == 2
    desk.services.retirement.prune_log()
    assert changes(desk) == 1  # the other one has not applied it
    later(timedelta(days=3))
    follow(desk)
    desk.services.retirement.prune_log()
    assert changes(desk) == 0
    other.indexing.catch_up(active(desk))  # it was not seen for days: it reads the chunks themselves
    assert other.lexical.count(active(desk).vector_name) == 2
    third = desk.index(desk.sales, "Гарантия на товары действует один год.", "3.txt")
    assert found(desk, "гарантия на товары") == [third.id]


def test_a_new_process_after_pruning_builds_its_words_before_it_answers(
    desk: Desk, build_services: Callable[..., Services], tmp_path_factory: pytest.TempPathFactory
) -> None:
    document = desk.index(desk.sales, RUSSIAN)
    desk.services.retirement.prune_log()
    assert changes(desk) == 0
    fresh = build_services(desk.services.settings.model_copy(update={"var_dir": tmp_path_factory.mktemp("fresh")}))
    hits = fresh.search.search(desk.sales, "documents", "возврат денег").passages
    assert [hit.document_id for hit in hits] == [document.id]


# --- before building ------------------------------------------------------------------------------------------------


def test_a_preview_tells_what_smaller_passages_would_be_before_anything_is_built(desk: Desk) -> None:
    for n in range(3):
        desk.index(desk.sales, f"# Refunds {n}\n\n{' '.join([ENGLISH] * 30)}", f"{n}.md")
    preview = desk.services.previews.preview(desk.analyst, "documents", IndexPlan(chunk_tokens=64, chunk_overlap=0))
    assert (preview.documents, preview.of) == (3, 3)
    assert preview.after.chunks > 2 * preview.before.chunks
    assert preview.chunks == preview.after.chunks
    assert max(preview.after.sizes) <= 64 < max(preview.before.sizes)
    assert preview.to_embed == preview.chunks
    assert preview.seconds > 0
    assert len(preview.before.examples) == len(preview.after.examples) == 3
    assert states(desk) == {1: "active"}


def test_a_preview_of_what_is_there_already_embeds_nothing(desk: Desk) -> None:
    desk.index(desk.sales, RULES, "rules.md")
    preview = desk.services.previews.preview(desk.analyst, "documents", IndexPlan())
    assert (preview.chunks, preview.to_embed) == (12, 0)


def test_a_preview_of_an_empty_collection_is_empty(desk: Desk) -> None:
    preview = desk.services.previews.preview(desk.analyst, "documents", IndexPlan(chunk_tokens=64))
    assert (preview.documents, preview.chunks, preview.seconds) == (0, 0, 0)


# --- while other things go on ---------------------------------------------------------------------------------------


def _building(desk: Desk, *, switch: bool = True) -> tuple[UUID, CollectionVersion]:
    """A version that holds every document by now; its job has still to check it."""
    run = desk.services.versions.reindex(desk.admin, "documents", IndexPlan(switch=switch))
    version = desk.services.versions.list(desk.admin, "documents")[0].version
    desk.services.reindexing.building.add_lacking(version, lambda done, total: None)
    return run, version


def test_a_document_that_is_replaced_while_a_version_is_built_does_not_end_the_build(desk: Desk) -> None:
    desk.index(desk.sales, RULES, "rules.md")
    run, version = _building(desk)
    newer = desk.index(desk.sales, f"{RULES}\n\nRule number 12 was added later.", "rules.md")
    desk.services.reindexing.run(run, version.id)
    assert desk.services.documents.job(desk.admin, run).error == ""
    assert states(desk) == {1: "retired", 2: "active"}
    assert found(desk, "Rule number 7") == [newer.id]


def test_a_check_puts_no_vector_back_that_a_deletion_has_just_taken_out(desk: Desk) -> None:
    """It looks when the vectors of a document are gone and its rows are not yet."""
    leaving = desk.index(desk.sales, RULES, "rules.md")
    desk.index(desk.sales, f"# Terms\n\n{ENGLISH}", "terms.md")
    run, version = _building(desk, switch=False)
    deleting = Thread(target=desk.services.documents.delete, args=(desk.sales, leaving.id))
    checking = Thread(target=desk.services.reindexing.run, args=(run, version.id), kwargs={"switch": False})
    with desk.services.db.begin() as tx:
        # A deletion blanks citations when the vectors are out and nothing is committed: this keeps it there.
        tx.connection.execute(text("LOCK TABLE citations IN SHARE MODE"))
        deleting.start()
        _until(lambda: _waiting(desk) == 1)
        checking.start()
        _until(lambda: _waiting(desk) == 2 or not checking.is_alive())
    deleting.join()
    checking.join()
    assert desk.services.documents.job(desk.admin, run).error == ""
    assert states(desk) == {1: "active", 2: "built"}
    assert held(desk, version) == (1, 1, 1, 1)


def _until(condition: Callable[[], bool]) -> None:
    while not condition():
        pass


def _waiting(desk: Desk) -> int:
    """How many connections wait for a lock."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with desk.services.db.begin() as tx:
        return int(tx.connection.execute(text(query)).scalar_one())


def test_a_gate_that_was_broken_off_goes_on_where_it_was_and_measures_nothing_twice(desk: Desk) -> None:
    services = desk.services
    desk.index(desk.sales, RULES, "rules.md")
    for n in range(12):
        services.golden.add(desk.admin, "documents", NewGolden(f"What does rule {n} say?", document="rules.md"))
    run = services.versions.reindex(desk.admin, "documents")
    version = versions(desk)[2].version
    looks: list[int] = []

    def shutdown() -> None:  # with the active version's measured, and the new one's begun
        looks.append(len(services.evaluation.runs(desk.admin, "documents")))
        if looks[-1] == 2:
            raise Stopped

    judged = services.gate.outcome
    services.reindexing.verification.golden = lambda key, _check: judged(key, shutdown)
    with pytest.raises(Stopped):
        services.reindexing.run(run, version.id)
    new, old = services.evaluation.runs(desk.admin, "documents")
    assert (new.job.status, old.job.status, new.job.total) == ("running", "done", 12)
    with pytest.raises(Conflict, match="building"):
        services.evaluation.cancel(desk.admin, "documents", new.id)
    services.reindexing.verification.golden = judged
    services.reindexing.run(run, version.id)
    assert states(desk) == {1: "retired", 2: "active"}
    ended = services.evaluation.runs(desk.admin, "documents")
    assert [(one.id, one.job.status) for one in ended] == [(new.id, "done"), (old.id, "done")]
    assert ended[0].measures[""].questions == 12


def test_a_build_that_is_cancelled_while_its_golden_questions_are_asked_ends_there(desk: Desk) -> None:
    services = desk.services
    desk.index(desk.sales, RULES, "rules.md")
    services.golden.add(desk.admin, "documents", NewGolden("What does rule 3 say?", document="rules.md"))
    run = services.versions.reindex(desk.admin, "documents")
    version = versions(desk)[2].version
    judged = services.gate.outcome

    def golden(version_id: UUID, check: Callable[[], None]) -> GoldenOutcome | None:
        services.versions.discard(desk.admin, "documents", 2)
        return judged(version_id, check)

    services.reindexing.verification.golden = golden
    services.reindexing.run(run, version.id)
    assert services.documents.job(desk.admin, run).status == "cancelled"
    assert states(desk) == {1: "active", 2: "failed"}
    assert [one.job.status for one in services.evaluation.runs(desk.admin, "documents")] == ["cancelled"]
