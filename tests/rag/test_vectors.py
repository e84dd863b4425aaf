"""The vector leg over a real Chroma folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from uuid import UUID, uuid4

import numpy as np
import pytest

from core.errors import StartupError, Unavailable
from core.settings import Settings
from rag.vectors import Vectors

NAME = "v-test"


@pytest.fixture
def vectors(settings: Settings) -> Iterator[Vectors]:
    made = Vectors(settings)
    yield made
    made.close()


def _unit(*values: float) -> list[float]:
    vector = np.array(values)
    return [float(value) for value in vector / np.linalg.norm(vector)]


def test_a_name_that_was_never_written_to_is_empty(vectors: Vectors) -> None:
    some = uuid4()
    assert vectors.query(NAME, [1.0, 0.0], 5) == []
    assert vectors.count(NAME) == 0
    assert vectors.ids(NAME) == set()
    assert vectors.present(NAME, [some]) == set()
    assert vectors.delete(NAME, [some]) == 0
    vectors.drop(NAME)


def test_the_nearest_come_first_with_their_cosines(vectors: Vectors) -> None:
    near, middle, far = uuid4(), uuid4(), uuid4()
    vectors.upsert(NAME, [far, near, middle], [_unit(-1, 0), _unit(1, 0.1), _unit(1, 1)])
    found = vectors.query(NAME, _unit(1, 0), 2)
    assert [key for key, _ in found] == [near, middle]
    assert [cosine for _, cosine in found] == pytest.approx([0.995, 0.707], abs=1e-3)


def test_writing_an_id_again_replaces_its_vector(vectors: Vectors) -> None:
    one, other = uuid4(), uuid4()
    vectors.upsert(NAME, [one, other], [_unit(1, 0), _unit(1, 1)])
    vectors.upsert(NAME, [one], [_unit(0, 1)])
    assert vectors.count(NAME) == 2
    assert vectors.query(NAME, _unit(0, 1), 1)[0][0] == one


def test_one_id_twice_in_a_call_keeps_the_last_vector(vectors: Vectors) -> None:
    one = uuid4()
    vectors.upsert(NAME, [one, one], [_unit(1, 0), _unit(0, 1)])
    assert vectors.query(NAME, _unit(0, 1), 1)[0][1] == pytest.approx(1.0, abs=1e-5)


def test_deleting_says_how_many_were_there(vectors: Vectors) -> None:
    kept, gone = uuid4(), uuid4()
    vectors.upsert(NAME, [kept, gone], [_unit(1, 0), _unit(0, 1)])
    assert vectors.delete(NAME, [gone, uuid4()]) == 1
    assert vectors.ids(NAME) == {kept}
    assert vectors.present(NAME, [kept, gone]) == {kept}
    assert [key for key, _ in vectors.query(NAME, _unit(0, 1), 5)] == [kept]


def test_more_than_one_batch_goes_in_and_comes_out(vectors: Vectors) -> None:
    ids = [uuid4() for _ in range(1_200)]
    vectors.upsert(NAME, ids, np.random.default_rng(1).normal(size=(1_200, 8)).tolist())
    assert vectors.ids(NAME) == set(ids)
    assert vectors.delete(NAME, ids) == 1_200


def test_vectors_survive_closing_and_opening_again(settings: Settings) -> None:
    one = uuid4()
    for step in range(2):
        vectors = Vectors(settings)
        if step == 0:
            vectors.upsert(NAME, [one], [_unit(1, 0)])
        assert vectors.query(NAME, _unit(1, 0), 1)[0][0] == one
        vectors.close()


def test_a_dropped_collection_can_be_written_again(vectors: Vectors) -> None:
    vectors.upsert(NAME, [uuid4()], [_unit(1, 0)])
    vectors.drop(NAME)
    assert vectors.count(NAME) == 0
    other = uuid4()
    vectors.upsert(NAME, [other], [_unit(1, 0, 0)])  # of another dimension, too
    assert vectors.ids(NAME) == {other}


def test_a_vector_of_another_dimension_is_refused_and_loses_nothing(vectors: Vectors) -> None:
    one = uuid4()
    vectors.upsert(NAME, [one], [_unit(1, 0)])
    with pytest.raises(Unavailable):
        vectors.upsert(NAME, [uuid4()], [_unit(1, 0, 0)])
    assert vectors.ids(NAME) == {one}


def test_a_second_process_may_not_open_the_folder(vectors: Vectors, settings: Settings) -> None:
    vectors.upsert(NAME, [uuid4()], [_unit(1, 0)])
    code = (
        "import sys; from pathlib import Path; from core.settings import Settings; from rag.vectors import Vectors\n"
        "Vectors(Settings(_env_file=None, var_dir=Path(sys.argv[1]))).count('v-test')"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(settings.var_dir)], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode != 0
    assert "StartupError: Another process uses" in run.stderr


def test_a_second_owner_in_this_process_is_refused_until_the_first_closes(vectors: Vectors, settings: Settings) -> None:
    vectors.count(NAME)
    second = Vectors(settings)
    with pytest.raises(StartupError):
        second.count(NAME)
    vectors.close()
    assert second.count(NAME) == 0
    second.close()


def test_a_server_that_is_down_is_named_unavailable(settings: Settings) -> None:
    away = Vectors(settings.model_copy(update={"chroma_url": "http://127.0.0.1:9"}))
    with pytest.raises(Unavailable):
        away.query(NAME, [1.0], 1)


def test_ids_are_uuids_all_the_way(vectors: Vectors) -> None:
    one = UUID("00000000-0000-0000-0000-0000000000ff")
    vectors.upsert(NAME, [one], [_unit(1, 0)])
    assert vectors.query(NAME, _unit(1, 0), 1)[0][0] == one
