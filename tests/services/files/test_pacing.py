"""Turns of single uploads."""

from __future__ import annotations

import pytest

from services.files.pacing import Pacing


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_first_come_as_they_arrive_and_the_others_one_by_one() -> None:
    pacing = Pacing(at_once=3, per_second=20, clock=_Clock())
    assert [pacing.wait() for _ in range(6)] == pytest.approx([0, 0, 0, 0.05, 0.10, 0.15])


def test_a_pause_gives_turns_back_but_never_more_than_the_first() -> None:
    clock = _Clock()
    pacing = Pacing(at_once=2, per_second=10, clock=clock)
    assert [pacing.wait() for _ in range(3)] == pytest.approx([0, 0, 0.1])
    clock.now = 0.2  # a turn and its pause have gone by
    assert [pacing.wait() for _ in range(2)] == pytest.approx([0, 0.1])
    clock.now = 60.0
    assert [pacing.wait() for _ in range(3)] == pytest.approx([0, 0, 0.1])


def test_nobody_waits_long_in_a_crowd() -> None:
    pacing = Pacing(at_once=2, per_second=10, clock=_Clock())
    assert max(pacing.wait() for _ in range(500)) == pytest.approx(2.0)
