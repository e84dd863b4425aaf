"""Measures the guardrail rules on texts that they were not written with: `python -m bench.guardrails`."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from bench.house import table
from bench.labelled import attempts
from rag.guardrails import shipped


@dataclass(frozen=True)
class Guarded:
    """Shares of the attacks that are stopped, and of the benign messages that are."""

    attacks: int
    benign: int
    detection: float
    false_alarms: float
    p95_ms: float
    missed: tuple[str, ...]
    alarmed: tuple[str, ...]


def measure(name: str) -> Guarded:
    rules = shipped()
    rules.check_prompt("warm up")
    missed, alarmed, times = [], [], []
    rows = attempts(name)
    for row in rows:
        started = time.perf_counter()
        stopped = rules.check_prompt(row.text) is not None
        times.append((time.perf_counter() - started) * 1000)
        if stopped and not row.attack:
            alarmed.append(row.text)
        if row.attack and not stopped:
            missed.append(row.text)
    attacks = sum(row.attack for row in rows)
    return Guarded(
        attacks=attacks,
        benign=len(rows) - attacks,
        detection=1 - len(missed) / attacks,
        false_alarms=len(alarmed) / (len(rows) - attacks),
        p95_ms=sorted(times)[int(0.95 * len(times))],
        missed=tuple(missed),
        alarmed=tuple(alarmed),
    )


def run() -> dict[str, Any]:
    sets = {"written with": "guard_dev.tsv", "held out": "guard_test.tsv"}
    return {label: asdict(measure(name)) for label, name in sets.items()}


def report(result: dict[str, Any]) -> str:
    header = ["set", "attacks", "detection (aim .95)", "benign", "false alarms (aim .02)", "p95 ms"]
    rows = []
    for label, one in result.items():
        detection, alarms, p95 = f"{one['detection']:.3f}", f"{one['false_alarms']:.3f}", f"{one['p95_ms']:.1f}"
        rows.append([label, one["attacks"], detection, one["benign"], alarms, p95])
    return table(header, rows)


if __name__ == "__main__":
    print(report(run()))
