"""Runs of a golden set: what they measure, how two compare, how they go on and end, and the gate before a publish."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from core.entities.corpora import Collection, CollectionVersion
from core.entities.evaluation import Evaluation, GateRule, NewGolden, Outcome, RetrievalSettings
from core.entities.people import Principal
from core.entities.versions import GoldenOutcome
from core.errors import BadInput, Conflict, Forbidden, NotFound
from core.roles import Role
from core.settings import Settings
from services.container import Services
from services.files.batching import Stopped
from tests.desk import Desk
from tests.shelves import Shelves

FACTS = {
    "When are refunds paid?": "Refunds are paid within ten days of the request by the accounting department.",
    "When does the Berlin office open?": "The Berlin office opens at nine in the morning on every working day.",
    "How often are laptops replaced?": "Laptops are replaced every three years and phones are every two years.",
    "Wie lange dauert der Urlaub?": "Der Urlaub dauert dreißig Tage im Jahr und verfällt im März danach.",
}


@pytest.fixture
def desk(services: Services) -> Desk:
    return Desk(services)


@pytest.fixture
def corpus(desk: Desk) -> Collection:
    """A document per fact and a golden question for each."""
    shelves = Shelves(desk.services.db, desk.services.vectors)
    shelf = desk.services.collections.get(desk.admin, "documents")
    for question, fact in FACTS.items():
        language = "de" if "Urlaub" in question else "en"
        shelves.add(shelf, [fact], title=fact.split()[0], language=language)
        new = NewGolden(question, passage=fact, language=language)
        desk.services.golden.add(desk.admin, "documents", new)
    return shelf


def built(desk: Desk, corpus: Collection, without: str = "") -> CollectionVersion:
    """A version beside the active one, which lacks the documents that have `without` in them."""
    with desk.services.db.begin() as tx:
        version = tx.collections.add_version(corpus.id, corpus.version.fingerprint)
    for document in desk.services.documents.list(desk.admin, collection="documents")[0]:
        with desk.services.db.begin() as tx:
            chunks = [chunk for _, chunk in tx.chunks.of_document(corpus.version.id, document.id)]
            if not (without and without in chunks[0].text):
                tx.chunks.put(version.id, document.id, chunks)
    return version


def measured(desk: Desk, who: Principal | None = None, **wanted: object) -> Evaluation:
    evaluation_id = desk.services.evaluation.start(who or desk.admin, "documents", **wanted)  # type: ignore[arg-type]
    run = desk.services.evaluation.get(desk.analyst, "documents", evaluation_id)
    desk.services.evaluation.run(run.job.id)
    return desk.services.evaluation.get(desk.analyst, "documents", evaluation_id)


def test_a_run_measures_every_question_and_each_language(desk: Desk, corpus: Collection) -> None:
    run = measured(desk)
    assert (run.job.status, run.job.done, run.job.total, run.version) == ("done", 4, 4, 1)
    assert set(run.measures) == {"", "en", "de"}
    assert (run.measures[""].questions, run.measures["de"].questions) == (4, 1)
    assert run.measures[""].recall_1.mean == 1.0
    assert run.measures[""].p50_ms > 0
    assert run.author == "admin"


def test_a_version_that_lost_a_document_is_worse_and_says_where(desk: Desk, corpus: Collection) -> None:
    version = built(desk, corpus, without="Berlin")
    run = measured(desk, version=version.number)
    assert run.baseline_id is not None
    assert (run.job.done, run.job.total) == (8, 8)
    found = desk.services.evaluation.comparison(desk.analyst, "documents", run.baseline_id, run.id)
    assert (found.worse, found.same, found.better) == (1, 3, 0)
    worst = found.changes[0]
    assert (worst.question.question, worst.before.rank, worst.after.rank) == (list(FACTS)[1], 1, None)
    assert found.difference == pytest.approx(-0.25)
    assert not found.significant  # one question of four may be chance
    before, after = desk.services.evaluation.rankings(desk.analyst, "documents", [worst.before, worst.after])
    assert before[0].expected
    assert "Berlin" in before[0].text
    assert not any(one.expected for one in after)


def test_rankings_show_only_what_the_reader_may_read(desk: Desk, corpus: Collection) -> None:
    run = measured(desk)
    with desk.services.db.begin() as tx:
        outcome = tx.evaluations.outcomes(run.id)[0]
        tx.connection.exec_driver_sql("UPDATE documents SET readers = ARRAY['admin']")
    [seen] = desk.services.evaluation.rankings(desk.analyst, "documents", [outcome])
    assert {(one.title, one.text) for one in seen} == {("", "")}
    [seen] = desk.services.evaluation.rankings(desk.admin, "documents", [outcome])
    assert seen[0].text


def test_a_run_that_was_interrupted_goes_on_in_the_next_process(
    desk: Desk, corpus: Collection, build_services: Callable[[Settings], Services]
) -> None:
    evaluation_id = desk.services.evaluation.start(desk.admin, "documents")
    job = desk.services.evaluation.get(desk.admin, "documents", evaluation_id).job.id
    desk.services.evaluation.stop()
    with pytest.raises(Stopped):
        desk.services.evaluation.run(job)
    again = build_services(desk.services.settings).evaluation  # the next process
    again.run(job)
    again.run(job)
    run = desk.services.evaluation.get(desk.admin, "documents", evaluation_id)
    assert (run.job.status, run.measures[""].questions) == ("done", 4)


def test_a_cancelled_run_asks_nothing_and_can_be_removed(desk: Desk, corpus: Collection) -> None:
    evaluation_id = desk.services.evaluation.start(desk.admin, "documents")
    with pytest.raises(Conflict):
        desk.services.evaluation.remove(desk.admin, "documents", evaluation_id)
    desk.services.evaluation.cancel(desk.admin, "documents", evaluation_id)
    desk.services.evaluation.cancel(desk.admin, "documents", evaluation_id)
    run = desk.services.evaluation.get(desk.admin, "documents", evaluation_id)
    desk.services.evaluation.run(run.job.id)
    run = desk.services.evaluation.get(desk.admin, "documents", evaluation_id)
    assert (run.job.status, run.measures) == ("cancelled", {})
    desk.services.evaluation.remove(desk.admin, "documents", evaluation_id)
    assert desk.services.evaluation.runs(desk.analyst, "documents") == []
    desk.services.evaluation.run(run.job.id)


def test_two_runs_at_once_and_a_run_of_nothing_are_refused(desk: Desk, corpus: Collection) -> None:
    desk.services.evaluation.start(desk.admin, "documents")
    with pytest.raises(Conflict):
        desk.services.evaluation.start(desk.admin, "documents")
    with pytest.raises(BadInput):
        desk.services.evaluation.start(desk.admin, "faq")
    with pytest.raises(NotFound):
        desk.services.evaluation.start(desk.admin, "analytics", version=7)


def test_settings_that_are_no_worse_become_the_collections(desk: Desk, corpus: Collection) -> None:
    wanted = RetrievalSettings(lexical_weight=2.0, threshold=0.3)
    run_id = desk.services.lab.save(desk.admin, "documents", wanted)
    assert desk.services.lab.settings(desk.analyst, "documents") == RetrievalSettings()
    run = desk.services.evaluation.get(desk.admin, "documents", run_id or uuid4())
    desk.services.evaluation.run(run.job.id)
    assert desk.services.lab.settings(desk.analyst, "documents") == wanted
    assert "Saved" in desk.services.evaluation.get(desk.admin, "documents", run.id).note


def test_settings_that_are_worse_are_not_saved(desk: Desk, corpus: Collection) -> None:
    """As if a process that ended half-way had measured that nothing is found with them."""
    run_id = desk.services.lab.save(desk.admin, "documents", RetrievalSettings(threshold=0.3))
    run = desk.services.evaluation.get(desk.admin, "documents", run_id or uuid4())
    questions = desk.services.golden.list(desk.admin, "documents")
    with desk.services.db.begin() as tx:
        tx.evaluations.keep(run.id, [Outcome(one.id, one.language, None, 0.0, False, 1.0) for one in questions])
    desk.services.evaluation.run(run.job.id)
    assert desk.services.lab.settings(desk.analyst, "documents") == RetrievalSettings()
    assert "Not saved" in desk.services.evaluation.get(desk.admin, "documents", run.id).note


def test_without_a_golden_set_settings_count_at_once(desk: Desk) -> None:
    wanted = RetrievalSettings(threshold=0.2)
    assert desk.services.lab.save(desk.admin, "faq", wanted) is None
    assert desk.services.lab.settings(desk.analyst, "faq") == wanted


@pytest.mark.parametrize(
    "wrong",
    [
        {"lexical_weight": -1.0},
        {"lexical_weight": 0.0, "vector_weight": 0.0},
        {"lexical_weight": float("nan")},
        {"vector_weight": 1e9},
        {"rank_constant": 0},
        {"threshold": 1.1},
        {"context_tokens": 10},
    ],
)
def test_settings_that_no_retrieval_can_work_with_are_refused(desk: Desk, wrong: dict[str, float]) -> None:
    with pytest.raises(BadInput):
        desk.services.lab.save(desk.admin, "faq", RetrievalSettings(**wrong))  # type: ignore[arg-type]


def test_analysts_read_runs_and_administrators_start_them(desk: Desk, corpus: Collection) -> None:
    run = measured(desk)
    assert len(desk.services.evaluation.runs(desk.analyst, "documents")) == 1
    for who in (desk.sales, desk.guest):
        with pytest.raises(Forbidden):
            desk.services.evaluation.runs(who, "documents")
    for who in (desk.sales, desk.analyst):
        with pytest.raises(Forbidden):
            desk.services.evaluation.start(who, "documents")
        with pytest.raises(Forbidden):
            desk.services.evaluation.cancel(who, "documents", run.id)
        with pytest.raises(Forbidden):
            desk.services.evaluation.remove(who, "documents", run.id)
        with pytest.raises(Forbidden):
            desk.services.lab.save(who, "documents", RetrievalSettings())
        with pytest.raises(Forbidden):
            desk.services.gate.set_rule(who, "documents", GateRule())
    with pytest.raises(NotFound):  # of another collection
        desk.services.evaluation.get(desk.analyst, "faq", run.id)
    with pytest.raises(NotFound):
        desk.services.evaluation.comparison(desk.analyst, "documents", run.id, UUID(int=0))


def test_a_private_documents_text_does_not_keep_a_run_from_finding_it(desk: Desk, corpus: Collection) -> None:
    with desk.services.db.begin() as tx:
        tx.connection.exec_driver_sql("UPDATE documents SET readers = ARRAY['admin']")
    assert measured(desk).measures[""].recall_1.mean == 1.0


# --- the gate -------------------------------------------------------------------------------------------------------


def test_without_a_rule_or_a_golden_set_everything_passes(desk: Desk, corpus: Collection) -> None:
    version = built(desk, corpus, without="e")
    verdict = desk.services.gate.judge(version)
    assert (verdict.passed, verdict.recall, verdict.active_recall) == (True, 0.0, 1.0)
    assert desk.services.gate.outcome(version.id) == GoldenOutcome(
        True, 4, {"recall@5": 0.0, "recall@5, active version": 1.0}, "Recall@5 on the golden set is 0.000."
    )
    desk.services.gate.set_rule(desk.admin, "documents", GateRule(least_recall=0.9))
    desk.services.golden.remove(desk.admin, "documents")
    assert desk.services.gate.judge(version).passed
    assert desk.services.gate.outcome(version.id) is None


def test_a_version_below_the_least_recall_is_stopped(desk: Desk, corpus: Collection) -> None:
    desk.services.gate.set_rule(desk.admin, "documents", GateRule(least_recall=0.9))
    verdict = desk.services.gate.judge(built(desk, corpus, without="Berlin"))
    assert (verdict.passed, verdict.recall, verdict.questions) == (False, 0.75, 4)
    assert "0.750" in verdict.reason % verdict.values
    assert desk.services.gate.judge(built(desk, corpus)).passed


def test_a_version_worse_than_the_active_one_is_stopped(desk: Desk, corpus: Collection) -> None:
    desk.services.gate.set_rule(desk.admin, "documents", GateRule(most_loss=0.1))
    verdict = desk.services.gate.judge(built(desk, corpus, without="Berlin"))
    assert (verdict.passed, verdict.recall, verdict.active_recall) == (False, 0.75, 1.0)
    assert "1.000" in verdict.reason % verdict.values
    desk.services.gate.set_rule(desk.admin, "documents", GateRule(most_loss=0.3))
    assert desk.services.gate.judge(built(desk, corpus, without="Berlin")).passed
    new, old = desk.services.evaluation.runs(desk.analyst, "documents")[:2]
    assert (new.purpose, new.baseline_id, old.version) == ("gate", old.id, 1)


def test_a_rule_is_a_share(desk: Desk) -> None:
    assert desk.services.gate.rule(desk.analyst, "documents") == GateRule()
    with pytest.raises(BadInput):
        desk.services.gate.set_rule(desk.admin, "documents", GateRule(least_recall=1.5))
    with pytest.raises(Forbidden):
        desk.services.gate.rule(Principal(Role.SALES), "documents")
