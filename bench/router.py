"""Measures the router on questions that it was not trained with: `python -m bench.router`."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from bench.house import table
from bench.labelled import questions
from scenarios.router import MODEL, SCENARIOS, Route, Router


@dataclass(frozen=True)
class Routed:
    """`accuracy` counts the scenario that scores best, also where the router asks; `decided` is the share of questions
    that it does not ask about, and `right` how many of those it gets right. `p95_ms` is computing time: routing waits
    for nothing, and what else the machine does meanwhile must not count."""

    accuracy: float
    decided: float
    right: float
    p95_ms: float
    load_ms: float
    confusion: Counter[tuple[str, str, str]]  # scenario, language, decision


def measure() -> Routed:
    started = time.perf_counter()
    router = Router()
    router.route("warm up")
    load_ms = (time.perf_counter() - started) * 1000
    rows = questions()
    confusion: Counter[tuple[str, str, str]] = Counter()
    best = 0
    times = []
    for row in rows:
        started = time.thread_time()
        decision = router.route(row.text)
        times.append((time.thread_time() - started) * 1000)
        best += max(decision.scores, key=lambda name: decision.scores[name]) == row.scenario
        confusion[row.scenario, row.language, decision.scenario] += 1
    asked = sum(count for key, count in confusion.items() if key[2] == Route.UNSURE)
    right = sum(count for key, count in confusion.items() if key[0] == key[2])
    return Routed(
        accuracy=best / len(rows),
        decided=1 - asked / len(rows),
        right=right / (len(rows) - asked),
        p95_ms=sorted(times)[int(0.95 * len(times))],
        load_ms=load_ms,
        confusion=confusion,
    )


def run() -> dict[str, Any]:
    routed = measure()
    confusion = [
        [scenario, language, *(routed.confusion[scenario, language, decision] for decision in Route)]
        for scenario in SCENARIOS
        for language in ("en", "ru")
    ]
    figures = {name: value for name, value in vars(routed).items() if name != "confusion"}
    return {**figures, "confusion": confusion, "questions": len(questions()), "model_kb": MODEL.stat().st_size // 1024}


def report(result: dict[str, Any]) -> str:
    header = ["meant", "language", *(f"-> {route.value}" for route in Route)]
    return (
        f"{result['questions']} questions, model {result['model_kb']} kB, loaded in {result['load_ms']:.0f} ms\n\n"
        f"{table(header, result['confusion'])}\n\n"
        f"Accuracy of the best score {result['accuracy']:.3f} (aim .93), p95 {result['p95_ms']:.2f} ms (aim 5). "
        f"Decided without asking {result['decided']:.3f}, of those right {result['right']:.3f}."
    )


if __name__ == "__main__":
    print(report(run()))
