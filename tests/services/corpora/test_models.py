"""Versions with different embedding models in one instance: built, searched, switched, gone back to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from core.entities.corpora import CollectionKind, CollectionVersion, Stage
from core.entities.evaluation import NewGolden
from core.entities.retrieval import Retrieval
from core.entities.versions import IndexPlan
from core.errors import BadInput, FingerprintMismatch, Forbidden, Unavailable
from core.settings import ROOT, Settings
from rag.embedding import BUILTIN
from services.container import Services
from services.files.batching import Stopped
from tests.desk import ENGLISH, RUSSIAN, Desk
from tests.servers.ollama import DIMENSION as SERVED
from tests.servers.ollama import OllamaServer
from tests.tiny_embedding import DIMENSION

OLLAMA = "ollama:some-multilingual"  # speaks many languages
NAMES = ("Amber", "Birch", "Cedar", "Dahlia", "Elm", "Fir", "Ginkgo", "Hazel")
HANDBOOK = "\n\n".join(
    f"# {name}\n\nThe {name} office opens at {8 + n} in the morning." for n, name in enumerate(NAMES)
)
QUESTION = "When does the Cedar office open?"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a real model in a folder."""
    folder = tmp_path_factory.mktemp("models") / "tiny"
    subprocess.run([sys.executable, "-m", "tests.tiny_embedding", str(folder)], cwd=ROOT, check=True)
    return f"huggingface:{folder}"


@pytest.fixture
def several(settings: Settings, ollama: OllamaServer, tiny: str, model: None) -> Settings:
    """Settings that offer three models; new collections get the built-in one."""
    ollama.script.models.append("some-multilingual")
    return settings.model_copy(update={"embeddings": (tiny, OLLAMA), "ollama_url": ollama.url})


@pytest.fixture
def desk(several: Settings, build_services: Callable[[Settings], Services]) -> Desk:
    return Desk(build_services(several))


def as_next_process(desk: Desk, services: Services) -> Desk:
    """The same people at services that have nothing in memory."""
    desk.services.vectors.close()
    following = copy(desk)
    following.services = services
    return following


def active(desk: Desk, collection: str = "documents") -> CollectionVersion:
    return desk.services.collections.get(desk.admin, collection).version


def found(desk: Desk, question: str = QUESTION, collection: str = "documents") -> Retrieval:
    return desk.services.search.search(desk.sales, collection, question, 5)


def first(desk: Desk, question: str = QUESTION, collection: str = "documents") -> tuple[str, bool, bool]:
    """The text that comes first, whether vectors found it too, and whether words alone decided."""
    retrieval = found(desk, question, collection)
    best = retrieval.passages[0]
    return best.text, best.vector is not None, retrieval.degraded


def ranking(desk: Desk, question: str = QUESTION) -> list[tuple[UUID, int | None, int | None, float]]:
    return [(one.chunk_id, one.vector, one.lexical, round(one.score, 6)) for one in found(desk, question).passages]


def dimensions(desk: Desk, version: CollectionVersion) -> set[int]:
    """Of the vectors in SQL."""
    with desk.services.db.begin() as tx:
        return {len(vector) for vector in tx.vectors.of_chunks(tx.soundness.vector_ids(version.id)).values()}


def counts(desk: Desk, version: CollectionVersion) -> tuple[int, int, int, int]:
    """Chunks and vectors in SQL, words in the lexical index, vectors in Chroma."""
    with desk.services.db.begin() as tx:
        kept = tx.chunks.count(version.id), len(tx.soundness.vector_ids(version.id))
    return (*kept, desk.services.lexical.count(version.vector_name), desk.services.vectors.count(version.vector_name))


CEDAR = "The Cedar office opens at 10 in the morning."


# --- another model, and back ----------------------------------------------------------------------------------------


@pytest.mark.timeout(600)  # a child imports torch
def test_a_collection_moves_to_a_model_in_a_folder_and_back_without_embedding_again(desk: Desk, tiny: str) -> None:
    desk.index(desk.sales, HANDBOOK, "handbook.md")
    before, answers = active(desk), ranking(desk)
    assert desk.rebuild(plan=IndexPlan(model=tiny)).status == "done"
    made = active(desk).fingerprint
    assert (made.model, made.dimension, made.chosen) == (tiny, DIMENSION, True)
    assert dimensions(desk, active(desk)) == {DIMENSION}
    assert counts(desk, active(desk)) == counts(desk, before) == (8, 8, 8, 8)
    # Its weights are random: what its vectors rank first is not for a test to say.
    assert first(desk)[1:] == (True, False)
    assert CEDAR in [one.text for one in found(desk).passages]
    report = desk.services.versions.list(desk.analyst, "documents")[0].report
    assert report
    assert (report.passed, report.embedded, report.reused) == (True, 8, 0)
    assert report.compared == 8
    desk.services.embedders.close()
    assert desk.switch(1).status == "done"
    assert desk.services.embedders.pids == {}  # nothing had to be embedded
    assert ranking(desk) == answers
    assert active(desk).id == before.id


def test_a_collection_moves_to_a_model_server_which_embeds_its_questions_then(desk: Desk, ollama: OllamaServer) -> None:
    desk.index(desk.sales, HANDBOOK, "handbook.md")
    desk.index(desk.sales, RUSSIAN)
    assert found(desk, "возврат денег").passages[0].vector is None
    assert ollama.script.asked("/api/embed") == []
    desk.rebuild(plan=IndexPlan(model=OLLAMA))
    assert "ru" in active(desk).fingerprint.languages
    assert first(desk) == (CEDAR, True, False)
    assert found(desk, "возврат денег").passages[0].vector is not None
    assert QUESTION in str(ollama.script.asked("/api/embed"))
    asked = len(ollama.script.asked("/api/embed"))
    desk.switch(1)
    assert first(desk, QUESTION.upper()) == (CEDAR, True, False)
    assert len(ollama.script.asked("/api/embed")) == asked


def test_what_is_uploaded_while_a_version_of_another_model_waits_is_in_both(desk: Desk) -> None:
    desk.index(desk.sales, HANDBOOK, "handbook.md")
    desk.rebuild(plan=IndexPlan(model=OLLAMA, switch=False))
    desk.index(desk.sales, ENGLISH, "refunds.txt")
    old = active(desk)
    assert dimensions(desk, old) == {BUILTIN.dimension}
    assert first(desk, "When are refunds paid?") == (ENGLISH, True, False)
    assert desk.switch(2).status == "done"
    assert dimensions(desk, active(desk)) == {SERVED}
    assert counts(desk, active(desk)) == counts(desk, old) == (9, 9, 9, 9)
    assert first(desk, "When are refunds paid?") == (ENGLISH, True, False)


def test_searches_equal_those_of_the_old_version_until_the_switch_whatever_stops_the_build(
    desk: Desk, several: Settings, build_services: Callable[[Settings], Services]
) -> None:
    desk.index(desk.sales, HANDBOOK, "handbook.md")
    desk.index(desk.sales, ENGLISH, "refunds.txt")
    answers = ranking(desk)
    run = desk.services.versions.reindex(desk.admin, "documents", IndexPlan(model=OLLAMA))
    version = desk.services.versions.list(desk.admin, "documents")[0].version
    desk.services.reindexing.stop()
    with pytest.raises(Stopped):
        desk.services.reindexing.run(run, version.id)
    assert ranking(desk) == answers
    again = as_next_process(desk, build_services(several))
    assert ranking(again) == answers
    again.services.reindexing.run(run, version.id)
    assert active(again).fingerprint.model == OLLAMA
    assert first(again) == (CEDAR, True, False)


# --- side by side ---------------------------------------------------------------------------------------------------


@pytest.mark.timeout(600)  # a child imports torch
def test_collections_of_different_models_are_searched_at_the_same_time(desk: Desk, tiny: str) -> None:
    for name, model in (("contracts", tiny), ("prices", OLLAMA)):
        desk.services.collections.create(desk.admin, name, name.title(), CollectionKind.DOCUMENTS)
        desk.index(desk.admin, HANDBOOK, "handbook.md", collection=name)
        desk.rebuild(name, IndexPlan(model=model))
    desk.index(desk.sales, HANDBOOK, "handbook.md")
    names = ("documents", "contracts", "prices") * 4
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda name: first(desk, collection=name), names))
    assert [one[1:] for one in answers] == [(True, False)] * len(names)
    sure = [text for name, (text, *_) in zip(names, answers, strict=True) if name != "contracts"]
    assert sure == [CEDAR] * len(sure)
    assert [active(desk, name).fingerprint.dimension for name in names[:3]] == [BUILTIN.dimension, DIMENSION, SERVED]


def test_a_changed_setting_counts_for_what_is_new_and_leaves_what_is_there_as_it_is(
    desk: Desk, several: Settings, ollama: OllamaServer, build_services: Callable[[Settings], Services]
) -> None:
    desk.index(desk.sales, HANDBOOK, "handbook.md")
    desk.index(desk.sales, HANDBOOK, "mine.md", collection="my-documents")
    answers = ranking(desk)
    changed = several.model_copy(update={"embedding": OLLAMA, "embeddings": ()})
    again = as_next_process(desk, build_services(changed))
    assert ranking(again) == answers
    assert again.index(again.sales, ENGLISH, "refunds.txt", collection="my-documents").stage is Stage.READY
    with again.services.db.begin() as tx:
        mine = tx.collections.find(again.sales, "my-documents").version
    assert dimensions(again, mine) == {BUILTIN.dimension}
    assert first(again, "When are refunds paid?", "my-documents") == (ENGLISH, True, False)
    assert ollama.script.asked("/api/embed") == []
    again.services.collections.create(again.admin, "prices", "Prices", CollectionKind.DOCUMENTS)
    assert active(again, "prices").fingerprint.model == OLLAMA
    again.rebuild()
    assert (active(again).fingerprint.model, active(again).fingerprint.chosen) == (OLLAMA, False)


def test_a_model_that_was_picked_for_a_collection_stays_with_it(desk: Desk) -> None:
    desk.index(desk.sales, HANDBOOK, "handbook.md")
    desk.rebuild(plan=IndexPlan(model=OLLAMA))
    desk.rebuild()
    assert (active(desk).number, active(desk).fingerprint.model) == (3, OLLAMA)
    desk.rebuild(plan=IndexPlan(model="builtin"))
    assert active(desk).fingerprint.model == BUILTIN.name
    assert not active(desk).fingerprint.chosen


def test_runs_of_a_golden_set_compare_versions_of_different_models(desk: Desk) -> None:
    desk.index(desk.sales, HANDBOOK, "handbook.md")
    for n, name in enumerate(NAMES):
        fact = f"The {name} office opens at {8 + n} in the morning."
        desk.services.golden.add(desk.admin, "documents", NewGolden(f"When does {name} open?", passage=fact))
    desk.rebuild(plan=IndexPlan(model=OLLAMA, switch=False))
    run = desk.services.evaluation.start(desk.admin, "documents", version=2)
    job = desk.services.evaluation.get(desk.admin, "documents", run).job.id
    desk.services.evaluation.run(job)
    measured = desk.services.evaluation.get(desk.admin, "documents", run)
    assert (measured.job.status, measured.measures[""].recall_5.mean) == ("done", 1.0)
    assert measured.baseline_id
    compared = desk.services.evaluation.comparison(desk.analyst, "documents", measured.baseline_id, run)
    assert (compared.before.version, compared.after.version, len(compared.changes)) == (1, 2, 8)
    report = desk.services.versions.list(desk.analyst, "documents")[0].report
    assert report
    assert report.golden
    assert report.golden.questions == 8


def test_weights_belong_to_the_model_that_they_were_found_for(desk: Desk) -> None:
    desk.index(desk.sales, HANDBOOK, "handbook.md")
    lab = desk.services.lab
    words = replace(lab.settings(desk.admin, "documents"), vector_weight=0.0, threshold=0.4)
    lab.save(desk.admin, "documents", words)
    desk.rebuild(plan=IndexPlan(model=OLLAMA))
    fresh = lab.settings(desk.admin, "documents")
    assert (fresh.vector_weight, fresh.threshold) == (1.0, 0.4)
    lab.save(desk.admin, "documents", replace(fresh, vector_weight=3.0))
    desk.switch(1)
    assert lab.settings(desk.admin, "documents") == words
    desk.switch(2)
    assert lab.settings(desk.admin, "documents").vector_weight == 3.0


# --- choosing -------------------------------------------------------------------------------------------------------


def test_the_models_that_are_offered_say_which_can_be_used_and_what_to_do_about_the_others(
    several: Settings, tiny: str, ollama: OllamaServer, tmp_path: Path, build_services: Callable[[Settings], Services]
) -> None:
    names = (tiny, OLLAMA, "ollama:other", "huggingface:nobody/nothing", f"huggingface:{tmp_path / 'gone'}")
    desk = Desk(build_services(several.model_copy(update={"embeddings": names})))
    offered = desk.services.embeddings.list(desk.analyst)
    assert [one.name for one in offered] == [BUILTIN.name, *names]
    assert [one.default for one in offered] == [True, *[False] * 5]
    assert [one.problem for one in offered[:3]] == ["", "", ""]
    other, download, folder = (one.problem % one.values for one in offered[3:])
    assert "Run: ollama pull other" in other
    assert "Run: hf download nobody/nothing" in download
    assert "no model in the folder" in folder
    with pytest.raises(Forbidden):
        desk.services.embeddings.list(desk.sales)
    for number, problem in ((3, "ollama pull other"), (4, "hf download"), (5, "no model in the folder")):
        with pytest.raises(Unavailable, match=problem):
            desk.services.versions.reindex(desk.admin, "documents", IndexPlan(model=offered[number].name))
    with pytest.raises(BadInput, match="no embedding model called word2vec here"):
        desk.services.versions.reindex(desk.admin, "documents", IndexPlan(model="word2vec"))
    assert [one.version.number for one in desk.services.versions.list(desk.admin, "documents")] == [1]


def test_a_preview_says_what_another_model_would_do(desk: Desk) -> None:
    desk.index(desk.sales, HANDBOOK, "handbook.md")
    preview = desk.services.previews.preview(desk.analyst, "documents", IndexPlan(model=OLLAMA))
    assert (preview.before.fingerprint.model, preview.after.fingerprint.model) == (BUILTIN.name, OLLAMA)
    assert (preview.chunks, preview.to_embed) == (8, 8)
    assert (preview.before.apart, preview.after.apart) == (1.0, 1.0)
    same = desk.services.previews.preview(desk.analyst, "documents", IndexPlan())
    assert (same.before.apart, same.after.apart) == (None, None)
    assert [one.version.number for one in desk.services.versions.list(desk.admin, "documents")] == [1]


# --- a model that is gone -------------------------------------------------------------------------------------------


def test_without_its_model_a_version_is_searched_by_words_and_says_so(
    desk: Desk, several: Settings, ollama: OllamaServer, build_services: Callable[[Settings], Services]
) -> None:
    desk.index(desk.sales, HANDBOOK, "handbook.md")
    desk.rebuild(plan=IndexPlan(model=OLLAMA))
    ollama.script.models.remove("some-multilingual")
    again = as_next_process(desk, build_services(several))
    assert first(again) == (CEDAR, False, True)
    problem = again.services.embeddings.problem(active(again).fingerprint)
    assert "ollama pull some-multilingual" in str(problem)
    waiting = again.upload(again.sales, ENGLISH, "refunds.txt").document
    with pytest.raises(Unavailable, match="ollama pull some-multilingual"):
        again.services.ingestion.run(waiting.id)
    again.services.reconciling.nightly()  # does not end at what it cannot mend
    assert again.switch(1).status == "done"  # back to the version whose model is there
    assert first(again) == (CEDAR, True, False)
    again.services.ingestion.run(waiting.id)
    assert first(again, "When are refunds paid?") == (ENGLISH, True, False)
    with pytest.raises(Unavailable, match="ollama pull some-multilingual"):
        again.services.versions.activate(again.admin, "documents", 2)


def test_a_model_that_became_another_one_under_its_name_is_not_mixed_in(
    several: Settings, ollama: OllamaServer, build_services: Callable[[Settings], Services]
) -> None:
    ollama.script.models.append("own")
    desk = Desk(build_services(several.model_copy(update={"embedding": "ollama:own"})))
    desk.index(desk.sales, HANDBOOK, "handbook.md")
    assert active(desk).fingerprint.dimension == SERVED  # noted with the first vectors
    assert first(desk) == (CEDAR, True, False)
    with desk.services.db.begin() as tx:  # as if the vectors had been made by a larger one of the same name
        tx.connection.exec_driver_sql(
            "UPDATE collection_versions SET fingerprint = jsonb_set(fingerprint, '{dimension}', '16')"
        )
    assert first(desk, "When does Birch open?")[1:] == (False, True)
    document = desk.index(desk.sales, ENGLISH, "refunds.txt")
    assert (document.stage, "Re-index the collection" in document.error) == (Stage.FAILED, True)
    desk.rebuild()
    assert first(desk) == (CEDAR, True, False)


def test_a_version_whose_model_nobody_knows_is_searched_by_words_until_it_is_indexed_anew(desk: Desk) -> None:
    desk.index(desk.sales, HANDBOOK, "handbook.md")
    with desk.services.db.begin() as tx:
        tx.connection.exec_driver_sql(
            "UPDATE collection_versions SET fingerprint = jsonb_set(fingerprint, '{model}', '\"older-model\"')"
        )
    assert first(desk) == (CEDAR, False, True)
    with pytest.raises(FingerprintMismatch, match="older-model"):
        desk.upload(desk.sales, RUSSIAN)
    desk.services.reconciling.nightly()
    desk.rebuild()
    assert first(desk) == (CEDAR, True, False)
    with pytest.raises(Unavailable, match="older-model"):
        desk.services.versions.activate(desk.admin, "documents", 1)
