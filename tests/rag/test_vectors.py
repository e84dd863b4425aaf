"""The vector leg over a real Chroma folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import numpy as np
import psutil
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


def _owner(settings: Settings) -> psutil.Process:
    """The process that owns the folder."""
    folder = str(settings.var_dir / "chroma")
    return next(one for one in psutil.process_iter(["cmdline"]) if folder in (one.info["cmdline"] or []))


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
    vectors.upsert(NAME, {far: _unit(-1, 0), near: _unit(1, 0.1), middle: _unit(1, 1)})
    found = vectors.query(NAME, _unit(1, 0), 2)
    assert [key for key, _ in found] == [near, middle]
    assert [cosine for _, cosine in found] == pytest.approx([0.995, 0.707], abs=1e-3)


def test_writing_an_id_again_replaces_its_vector(vectors: Vectors) -> None:
    one, other = uuid4(), uuid4()
    vectors.upsert(NAME, {one: _unit(1, 0), other: _unit(1, 1)})
    vectors.upsert(NAME, {one: _unit(0, 1)})
    assert vectors.count(NAME) == 2
    assert vectors.query(NAME, _unit(0, 1), 1)[0][0] == one


def test_deleting_says_how_many_were_there(vectors: Vectors) -> None:
    kept, gone = uuid4(), uuid4()
    vectors.upsert(NAME, {kept: _unit(1, 0), gone: _unit(0, 1)})
    assert vectors.delete(NAME, [gone, uuid4()]) == 1
    assert vectors.ids(NAME) == {kept}
    assert vectors.present(NAME, [kept, gone]) == {kept}
    assert [key for key, _ in vectors.query(NAME, _unit(0, 1), 5)] == [kept]


def test_more_than_one_batch_goes_in_and_comes_out(vectors: Vectors) -> None:
    ids = [uuid4() for _ in range(1_200)]
    vectors.upsert(NAME, dict(zip(ids, np.random.default_rng(1).normal(size=(1_200, 8)), strict=True)))
    assert vectors.ids(NAME) == set(ids)
    assert vectors.delete(NAME, ids) == 1_200


def test_vectors_survive_closing_and_opening_again(settings: Settings) -> None:
    one = uuid4()
    for step in range(2):
        vectors = Vectors(settings)
        if step == 0:
            vectors.upsert(NAME, {one: _unit(1, 0)})
        assert vectors.query(NAME, _unit(1, 0), 1)[0][0] == one
        vectors.close()


def test_a_dropped_collection_can_be_written_again(vectors: Vectors) -> None:
    vectors.upsert(NAME, {uuid4(): _unit(1, 0)})
    vectors.drop(NAME)
    assert vectors.count(NAME) == 0
    other = uuid4()
    vectors.upsert(NAME, {other: _unit(1, 0, 0)})  # of another dimension, too
    assert vectors.ids(NAME) == {other}


def test_a_vector_of_another_dimension_is_refused_and_loses_nothing(vectors: Vectors) -> None:
    one = uuid4()
    vectors.upsert(NAME, {one: _unit(1, 0)})
    with pytest.raises(Unavailable):
        vectors.upsert(NAME, {uuid4(): _unit(1, 0, 0)})
    assert vectors.ids(NAME) == {one}


def test_a_second_process_may_not_open_the_folder(vectors: Vectors, settings: Settings) -> None:
    vectors.upsert(NAME, {uuid4(): _unit(1, 0)})
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


def test_a_crashed_owner_of_the_folder_is_replaced_within_a_call(vectors: Vectors, settings: Settings) -> None:
    one, other = uuid4(), uuid4()
    vectors.upsert(NAME, {one: _unit(1, 0)})
    _owner(settings).kill()
    assert vectors.query(NAME, _unit(1, 0), 1)[0][0] == one
    _owner(settings).kill()
    vectors.upsert(NAME, {other: _unit(0, 1)})
    assert vectors.ids(NAME) == {one, other}


def test_calls_of_many_threads_survive_a_crash_in_their_midst(vectors: Vectors, settings: Settings) -> None:
    ids = [uuid4() for _ in range(200)]
    vectors.upsert(NAME, {ids[0]: _unit(1, 0)})

    def write(chunk: UUID) -> int:
        vectors.upsert(NAME, {chunk: _unit(1, 0)})
        return len(vectors.query(NAME, _unit(1, 0), 1))

    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(write, chunk) for chunk in ids]
        answers[20].result()
        _owner(settings).kill()
        assert all(answer.result() == 1 for answer in answers)
    assert vectors.ids(NAME) == set(ids)


def test_the_owner_outlives_a_killed_parent_only_to_finish(settings: Settings) -> None:
    one = UUID(int=1)
    code = (
        "import sys, time; from pathlib import Path; from uuid import UUID; from core.settings import Settings\n"
        "from rag.vectors import Vectors\n"
        "vectors = Vectors(Settings(_env_file=None, var_dir=Path(sys.argv[1])))\n"
        f"vectors.upsert('{NAME}', {{UUID(int=1): [1.0, 0.0]}}); print('written', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(settings.var_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "written\n"
        orphan = _owner(settings)
        parent.kill()
    vectors = Vectors(settings)
    assert vectors.ids(NAME) == {one}  # opened once the orphan has let go
    orphan.wait(10)
    vectors.close()


def test_a_server_that_is_down_is_named_unavailable(settings: Settings) -> None:
    away = Vectors(settings.model_copy(update={"chroma_url": "http://127.0.0.1:9"}))
    with pytest.raises(Unavailable):
        away.query(NAME, [1.0], 1)


def test_ids_are_uuids_all_the_way(vectors: Vectors) -> None:
    one = UUID("00000000-0000-0000-0000-0000000000ff")
    vectors.upsert(NAME, {one: _unit(1, 0)})
    assert vectors.query(NAME, _unit(1, 0), 1)[0][0] == one
