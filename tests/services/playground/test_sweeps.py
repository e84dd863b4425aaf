"""Sweeps are durable: they go on where they were, and can be cancelled."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from core.entities.evaluation import NewGolden
from core.entities.people import Principal
from core.entities.playground import Configuration, Experiment
from core.errors import BadInput, NotFound
from core.roles import Role
from core.settings import Settings
from services.container import Services
from services.playground.comparisons import Comparison
from tests.desk import Desk
from tests.servers.ollama import OllamaServer
from tests.shelves import Shelves


@pytest.fixture
def desk(build_services: Callable[[Settings], Services], served_settings: Settings) -> Desk:
    return Desk(build_services(served_settings))


@pytest.fixture
def asked(desk: Desk) -> Experiment:
    playground = desk.services.playground
    question = Comparison("How many days?", [Configuration("ollama", params={"seed": 7}, retrieval=False)], "")
    experiment_id = playground.start(desk.analyst, question)
    assert playground.wait(experiment_id, 20)
    return playground.state(desk.analyst, experiment_id)


def state(desk: Desk, asked: Experiment) -> Experiment:
    return desk.services.playground.state(desk.analyst, asked.id)


def start(desk: Desk, asked: Experiment, who: Principal | None = None) -> UUID:
    return desk.services.sweeps.start(who or desk.analyst, asked.id, 0, [0.0, 1.0], [0.5, 0.9], repeats=2)


def test_every_point_of_the_grid_is_asked_with_its_own_parameters(
    desk: Desk, asked: Experiment, ollama: OllamaServer
) -> None:
    run_id = start(desk, asked)
    assert desk.queued("sweep") == 1
    ollama.script.requests.clear()
    desk.services.sweeps.run(run_id, asked.id, 0)
    job = desk.services.sweeps.progress(desk.analyst, run_id)
    assert (job.status, job.done, job.total) == ("done", 4, 4)
    points = [(cell.temperature, cell.top_p, len(cell.attempts), cell.agreement) for cell in state(desk, asked).grid]
    assert points == [(0.0, 0.5, 2, 1.0), (0.0, 0.9, 2, 1.0), (1.0, 0.5, 2, 1.0), (1.0, 0.9, 2, 1.0)]
    options = [body["options"] for body in ollama.script.asked("/api/chat")]
    assert {(one["temperature"], one["top_p"], one["seed"]) for one in options} == {
        (0.0, 0.5, 7), (0.0, 0.9, 7), (1.0, 0.5, 7), (1.0, 0.9, 7),
    }  # fmt: skip


def test_answers_that_differ_agree_less(desk: Desk, asked: Experiment, ollama: OllamaServer) -> None:
    run_id = start(desk, asked)
    ollama.script.reply("a b c d")
    ollama.script.reply("a b x y")
    desk.services.sweeps.run(run_id, asked.id, 0)
    assert state(desk, asked).grid[0].agreement == 0.5


GOLDEN = (
    NewGolden("How long is the leave?", passage="The leave is thirty days a year.", answer="thirty days"),
    NewGolden("When is lunch served?", passage="Lunch is served at noon in the hall."),
)


@pytest.fixture
def examined(desk: Desk) -> Experiment:
    """An experiment over documents with a golden set of two questions, one of them with a short answer."""
    shelf = desk.services.collections.get(desk.admin, "documents")
    for golden in GOLDEN:
        Shelves(desk.services.db, desk.services.vectors).add(shelf, [golden.passage], title=golden.passage[:9])
        desk.services.golden.add(desk.admin, "documents", golden)
    question = Comparison("How many days?", [Configuration("ollama")], "documents")
    experiment_id = desk.services.playground.start(desk.analyst, question)
    assert desk.services.playground.wait(experiment_id, 20)
    return desk.services.playground.state(desk.analyst, experiment_id)


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        ("It is THIRTY  days [1].", 1.0),  # the short answer, and a citation of the first passage
        ("Some weeks [1].", 0.5),  # only the citation counts, where no short answer is known
        ("NO_ANSWER", 0.0),
    ],
)
def test_golden_questions_are_asked_at_every_point_and_counted_when_right(
    desk: Desk, examined: Experiment, ollama: OllamaServer, answer: str, share: float
) -> None:
    ollama.script.default.pieces = (answer,)
    run_id = desk.services.sweeps.start(desk.analyst, examined.id, 0, [0.0, 1.0], [0.9], repeats=1, golden=5)
    ollama.script.requests.clear()
    desk.services.sweeps.run(run_id, examined.id, 0)
    assert len(ollama.script.asked("/api/chat")) == 2 * (1 + len(GOLDEN))
    assert [(cell.golden, cell.golden_asked) for cell in state(desk, examined).grid] == [(share, 2)] * 2


def test_golden_questions_need_a_golden_set(desk: Desk, asked: Experiment) -> None:
    for count in (1, -1, 21):
        with pytest.raises(BadInput):
            desk.services.sweeps.start(desk.analyst, asked.id, 0, [0.5], [0.9], golden=count)


def test_a_sweep_that_was_interrupted_asks_only_what_is_missing(
    desk: Desk, asked: Experiment, ollama: OllamaServer
) -> None:
    run_id = start(desk, asked)
    desk.services.sweeps.run(run_id, asked.id, 0)
    ollama.script.requests.clear()
    desk.services.sweeps.run(run_id, asked.id, 0)
    assert ollama.script.asked("/api/chat") == []


def test_a_cancelled_sweep_asks_nothing_more(desk: Desk, asked: Experiment, ollama: OllamaServer) -> None:
    run_id = start(desk, asked)
    desk.services.sweeps.cancel(desk.analyst, run_id)
    ollama.script.requests.clear()
    desk.services.sweeps.run(run_id, asked.id, 0)
    assert ollama.script.asked("/api/chat") == []
    assert desk.services.sweeps.progress(desk.analyst, run_id).status == "cancelled"


def test_the_sweep_of_somebody_who_was_disabled_asks_nothing_more(
    desk: Desk, asked: Experiment, ollama: OllamaServer
) -> None:
    run_id, person = start(desk, asked), desk.analyst.user_id
    assert person
    with desk.services.db.begin() as tx:
        tx.users.update(person, status="disabled")
    ollama.script.requests.clear()
    desk.services.sweeps.run(run_id, asked.id, 0)
    assert ollama.script.asked("/api/chat") == []
    assert desk.services.sweeps.progress(desk.analyst, run_id).status == "cancelled"


def test_failing_points_are_shown_as_such(desk: Desk, asked: Experiment, ollama: OllamaServer) -> None:
    run_id = start(desk, asked)
    ollama.script.default.status = 500
    desk.services.sweeps.run(run_id, asked.id, 0)
    assert {attempt.status for cell in state(desk, asked).grid for attempt in cell.attempts} == {"failed"}
    assert desk.services.sweeps.progress(desk.analyst, run_id).status == "done"


@pytest.mark.parametrize(("temperatures", "repeats"), [([], 2), ([n / 50 for n in range(50)], 2), ([0.5], 6), ([9], 1)])
def test_a_grid_that_is_too_large_or_wrong_is_refused(
    desk: Desk, asked: Experiment, temperatures: list[float], repeats: int
) -> None:
    with pytest.raises(BadInput):
        desk.services.sweeps.start(desk.analyst, asked.id, 0, temperatures, [1.0], repeats)


def test_another_persons_experiment_cannot_be_swept(desk: Desk, asked: Experiment) -> None:
    with pytest.raises(NotFound):
        start(desk, asked, desk.person(Role.ANALYST, "other"))
