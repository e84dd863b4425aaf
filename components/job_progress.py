"""Progress of long work as a fragment: it asks again every second, survives a reload, and ends with the work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from components import errors
from components.i18n import _, duration, number
from components.markup import plain, short

_EVERY_S = 1.0
_TITLE = 60


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` steps since `started_at`; `total` is 0 while unknown. `stage` is in the user's language."""

    title: str
    stage: str
    done: int
    total: int
    started_at: datetime
    ended: bool = False

    @property
    def share(self) -> float:
        return min(1.0, self.done / self.total) if self.total else 0.0

    def seconds_left(self, now: datetime) -> float | None:
        """From the pace so far; None while there is no pace to speak of."""
        passed = (now - self.started_at).total_seconds()
        if not self.total or not self.done or passed < 2:
            return None
        return passed / self.done * (self.total - self.done)


def draw(load: Callable[[], Sequence[Progress]]) -> None:
    """Follows what `load` returns until all of it has ended, then reruns the page once.

    Call it only while the page itself saw work under way: what ends between that look and the first one here reruns
    the page too, so that it never stays with the state of a moment ago.
    """
    st.fragment(_follow, run_every=_EVERY_S)(load)


def _follow(load: Callable[[], Sequence[Progress]]) -> None:
    with errors.shown():
        running = [progress for progress in load() if not progress.ended]
        if not running:
            st.rerun(scope="app")
        for progress in running:
            st.progress(progress.share, text=_caption(progress))


def _caption(progress: Progress) -> str:
    parts = [f"**{plain(short(progress.title, _TITLE))}**", progress.stage]
    if progress.total:
        parts.append(_("%(done)s of %(total)s", done=number(progress.done), total=number(progress.total)))
    left = progress.seconds_left(datetime.now(UTC))
    if left is not None:
        parts.append(_("%(time)s left", time=duration(left)))
    return " · ".join(parts)
