"""What readers see of an answer while it is written: the text after the citation gate and the output filter."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from rag.citations import Gate
from rag.guardrails import OutputFilter, Verdict

_PAUSE_SECONDS = 0.4  # without a piece: what waits for the next one is shown if it may be


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of the answer; with `replace` it stands for everything shown before."""

    text: str
    replace: bool = False


class Shown:
    """`text` is what has been shown; the methods return what that adds to it. `output` makes a filter; `later` is
    given what is shown between two pieces, because the next one is long in coming."""

    def __init__(
        self, lead: str, output: Callable[[], OutputFilter] | None, later: Callable[[Delta], None] | None
    ) -> None:
        self.text = ""
        self.gate_ms = 0.0
        self._lead = lead
        self._make_output, self._output = output, output() if output else None
        self._later = later
        self._timer: asyncio.TimerHandle | None = None
        self._known = range(0)
        self._gate = Gate(self._known)
        self._taken = ""  # what of the reply has gone through the gate

    @property
    def cited(self) -> list[int]:
        """The numbers that the text cites, in the order in which they appear."""
        return self._gate.cited

    @property
    def verdict(self) -> Verdict | None:
        """The rule about answers that this one met, if it met one."""
        return self._output.verdict if self._output else None

    @property
    def waiting(self) -> bool:
        """Whether a pause of the model would show something."""
        return self._timer is not None

    def lead(self) -> list[Delta]:
        """What stands before the answer."""
        return self._add(self._lead)

    def offer(self, passages: int) -> None:
        """The numbers from 1 to `passages` may be cited from now on."""
        self._known = range(1, passages + 1)
        self._gate = Gate(self._known)

    def follow(self, reply: str) -> list[Delta]:
        """`reply` is what a reader may have of the answer: it has grown since the last call, or begun anew."""
        self.wait_no_more()
        deltas = [] if reply.startswith(self._taken) else [self.start_over()]
        fresh, self._taken = reply[len(self._taken) :], reply
        started = time.perf_counter()
        allowed = self._allowed(self._gate.feed(fresh))
        self.gate_ms += (time.perf_counter() - started) * 1000
        deltas += self._add(allowed)
        if self._later is not None and self._output is not None and self._output.waiting:
            self._timer = asyncio.get_running_loop().call_later(_PAUSE_SECONDS, self._pause)
        return deltas

    def close(self, reply: str) -> list[Delta]:
        """`reply` is whole."""
        deltas = self.follow(reply)
        self.wait_no_more()
        rest = self._allowed(self._gate.close())
        return deltas + self._add(rest + (self._output.close() if self._output else ""))

    def wait_no_more(self) -> None:
        """Nothing is shown between two pieces until the next one has come."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def start_over(self) -> Delta:
        """Takes back what was shown after the lead."""
        self._taken, self._gate = "", Gate(self._known)
        self._output = self._make_output() if self._make_output else None
        return self.replaced(self._lead)

    def replaced(self, text: str) -> Delta:
        """`text` stands for everything, as it is."""
        self.wait_no_more()
        self.text = text
        return Delta(text, replace=True)

    def quoted(self, text: str) -> Delta:
        """The same for a text that cites, after the lead."""
        self._gate = Gate(self._known)
        return self.replaced(self._lead + self._gate.feed(text) + self._gate.close())

    def _allowed(self, text: str) -> str:
        return self._output.feed(text) if self._output else text

    def _add(self, text: str) -> list[Delta]:
        self.text += text
        return [Delta(text)] if text else []

    def _pause(self) -> None:
        assert self._output is not None  # noqa: S101 - `follow` has looked
        assert self._later is not None  # noqa: S101
        for delta in self._add(self._output.pause()):
            self._later(delta)
