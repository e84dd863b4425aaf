"""Guardrails on attacks and look-alikes that neither the rules nor the learned check were made with.

`python -m bench.guardrails`. Shares of some 150 texts are exact to about 3 of a hundred (detection), 2 (false alarms).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench.house import table
from bench.labelled import Attempt, attempts, questions
from rag.guardrails import RuleSet, read, shipped
from rag.guardrails.rules import SHIPPED


@dataclass(frozen=True)
class Guarded:
    """Shares of the attacks that are stopped, and of the benign messages that are."""

    attacks: int
    benign: int
    detection: float | None  # None where nothing was an attack
    false_alarms: float
    p95_ms: float  # of processor time, which says the same on a busy machine
    missed: tuple[str, ...]
    alarmed: tuple[str, ...]


def measure(rows: Sequence[Attempt], rules: RuleSet) -> Guarded:
    rules.check_prompt("warm up")
    missed, alarmed, times = [], [], []
    for row in rows:
        started = time.thread_time()
        stopped = rules.check_prompt(row.text) is not None
        times.append((time.thread_time() - started) * 1000)
        if stopped and not row.attack:
            alarmed.append(row.text)
        if row.attack and not stopped:
            missed.append(row.text)
    attacks = sum(row.attack for row in rows)
    return Guarded(
        attacks=attacks,
        benign=len(rows) - attacks,
        detection=1 - len(missed) / attacks if attacks else None,
        false_alarms=len(alarmed) / (len(rows) - attacks),
        p95_ms=sorted(times)[int(0.95 * len(times))],
        missed=tuple(missed),
        alarmed=tuple(alarmed),
    )


def rules_alone() -> RuleSet:
    """The shipped rules without the learned check."""
    return read(SHIPPED.read_text(encoding="utf-8").replace("learned: {", "learned: {off: true, "))


def run() -> dict[str, Any]:
    everyday = [Attempt("benign", question.text) for question in questions()]
    return {
        "held out": asdict(measure(attempts(), shipped())),
        "held out, rules alone": asdict(measure(attempts(), rules_alone())),
        "everyday questions": asdict(measure(everyday, shipped())),
    }


def report(result: dict[str, Any]) -> str:
    header = ["set", "attacks", "detection (aim .95)", "benign", "false alarms (aim .02)", "p95 ms"]
    rows = []
    for label, one in result.items():
        detection = "" if one["detection"] is None else f"{one['detection']:.3f}"
        alarms, p95 = f"{one['false_alarms']:.3f}", f"{one['p95_ms']:.1f}"
        rows.append([label, one["attacks"], detection, one["benign"], alarms, p95])
    return table(header, rows)


if __name__ == "__main__":
    print(report(run()))
