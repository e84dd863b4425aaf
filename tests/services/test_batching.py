from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from services.batching import Batcher, Stopped


def test_what_arrives_during_a_call_goes_into_the_next_one_together() -> None:
    calls: list[list[int]] = []
    began, go_on = threading.Event(), threading.Event()

    def work(items: list[int]) -> list[int]:
        calls.append(items)
        began.set()
        go_on.wait(10)
        return [item * 2 for item in items]

    batcher = Batcher(work, limit=3)
    with ThreadPoolExecutor(6) as threads:
        first = threads.submit(batcher, 0)
        began.wait(10)
        others = [threads.submit(batcher, n) for n in range(1, 6)]
        while len(batcher._waiting) < 5:  # they have all come to wait
            threading.Event().wait(0.001)
        go_on.set()
        assert [first.result(10), *(other.result(10) for other in others)] == [0, 2, 4, 6, 8, 10]
    assert [len(call) for call in calls] == [1, 3, 2]


def test_one_bad_item_costs_nobody_else_anything() -> None:
    began, go_on = threading.Event(), threading.Event()

    def work(items: list[int]) -> list[float]:
        if items == [1]:
            began.set()
            go_on.wait(10)
        return [1 / item for item in items]

    batcher = Batcher(work, limit=10)
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(batcher, 1)
        began.wait(10)
        good, bad = threads.submit(batcher, 4), threads.submit(batcher, 0)
        while len(batcher._waiting) < 2:
            threading.Event().wait(0.001)
        go_on.set()
        assert (first.result(10), good.result(10)) == (1, 0.25)
        with pytest.raises(ZeroDivisionError):
            bad.result(10)


def test_an_item_heavier_than_the_limit_still_goes_alone() -> None:
    batcher: Batcher[str, str] = Batcher(lambda items: items, limit=2)
    assert batcher("heavy", 50) == "heavy"


def test_a_stop_ends_the_waiting_and_refuses_what_comes_later() -> None:
    began, go_on = threading.Event(), threading.Event()

    def work(items: list[int]) -> list[int]:
        began.set()
        go_on.wait(10)
        return items

    batcher = Batcher(work, limit=1)
    with ThreadPoolExecutor(2) as threads:
        running = threads.submit(batcher, 1)
        began.wait(10)
        waiting = threads.submit(batcher, 2)
        while not batcher._waiting:
            threading.Event().wait(0.001)
        batcher.stop()
        go_on.set()
        assert running.result(10) == 1
        with pytest.raises(Stopped):
            waiting.result(10)
    with pytest.raises(Stopped):
        batcher(3)
