"""The child process that embeds while documents go in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest

from core.errors import Unavailable
from core.settings import ROOT, Settings
from rag import embedding
from rag.embedder import Embedder

TEXTS = ["Rent.", "The rent of a shop " * 40, "Ice and penguins.", "A coffee shop on the main street " * 10] * 6


@pytest.fixture
def embedder(model_settings: Settings) -> Iterator[Embedder]:
    made = Embedder(model_settings)
    yield made
    made.close()


def ended(pid: int) -> bool:
    """Waits up to ten seconds for a process that is not our child."""
    try:
        psutil.Process(pid).wait(timeout=10)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return False
    return True


def test_vectors_come_in_the_order_of_the_texts_and_are_the_models_own(
    embedder: Embedder, model_settings: Settings
) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, embedding.load(model_settings).get_text_embedding_batch(TEXTS), atol=1e-6)


def test_no_texts_need_no_child(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, 384)
    assert embedder.pid is None


def test_one_niced_child_serves_all_calls_until_it_is_closed(embedder: Embedder) -> None:
    embedder.embed(["rent"])
    child = embedder.pid
    assert child is not None
    assert psutil.Process(child).nice() > psutil.Process().nice()
    embedder.embed(["rent"])
    assert embedder.pid == child
    embedder.close()
    assert embedder.pid is None
    assert not psutil.pid_exists(child)


def test_threads_take_turns_and_each_gets_its_own_vectors(embedder: Embedder) -> None:
    alone = embedder.embed(TEXTS[:4])
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: embedder.embed([text])[0], TEXTS[:4] * 3))
    cosines = (np.array(together) * np.tile(alone, (3, 1))).sum(axis=1)
    assert cosines.min() > 0.97  # one scale is measured per batch, so a text's neighbours change its vector a little


def test_a_killed_child_is_replaced(embedder: Embedder) -> None:
    before = embedder.embed(["rent"])
    assert embedder.pid is not None
    os.kill(embedder.pid, signal.SIGKILL)
    np.testing.assert_array_equal(embedder.embed(["rent"]), before)


def test_a_child_killed_in_the_middle_of_its_work_loses_nothing(embedder: Embedder) -> None:
    embedder.embed(["rent"])
    child = embedder.pid
    assert child is not None
    many = TEXTS * 3
    started = threading.Timer(0.2, os.kill, (child, signal.SIGKILL))
    started.start()
    assert embedder.embed(many).shape == (len(many), 384)
    started.join()
    assert embedder.pid != child


def test_an_idle_child_ends_and_the_next_call_starts_another(model_settings: Settings) -> None:
    embedder = Embedder(model_settings, idle=0.05)
    before = embedder.embed(["rent"])
    child = embedder.pid
    assert child is None or ended(child)
    np.testing.assert_array_equal(embedder.embed(["rent"]), before)
    embedder.close()


def test_the_child_ends_with_its_parent(model_settings: Settings) -> None:
    """The parent is killed with a batch on its way: the child notices between batches."""
    code = (
        "import sys, threading; from core.settings import Settings; from rag.embedder import Embedder\n"
        f"embedder = Embedder(Settings(_env_file=None, var_dir={str(model_settings.var_dir)!r}))\n"
        "embedder.embed(['rent']); print(embedder.pid, flush=True)\n"
        "embedder.embed(['The rent of a shop on the main street. ' * 60] * 5000)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert ended(child)


def test_a_model_that_is_not_there_is_a_sentence_not_a_crash(tmp_path: Path) -> None:
    embedder = Embedder(Settings(_env_file=None, var_dir=tmp_path))
    with pytest.raises(Unavailable, match=r"Run: python -m rag\.export"):
        embedder.embed(["rent"])
    embedder.close()


def test_text_that_is_not_valid_unicode_is_embedded(embedder: Embedder) -> None:
    assert embedder.embed(["rent \ud83d of a shop", ""]).shape == (2, 384)
