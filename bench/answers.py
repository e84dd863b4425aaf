"""A whole answer of the built-in answerer at 10,000 chunks, and what the product adds before a model's first token.

The first table is from the message to the end of its answer, saved; its stages come from the traces. The second asks
a scripted model server, which is a process of its own: what is left of the time to the first token when the search and
the server's own first token are taken away is the product's.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import text

from bench.house import House, house, table
from bench.latency import Corpus, build
from core.entities.guards import RoleLimit
from core.entities.people import Principal
from core.roles import Role
from services.chat.asking import Ask
from tests.servers.apart import apart

CHUNKS = 10_000
AIM_ANSWER_P95_MS, AIM_OVERHEAD_P95_MS = 150.0, 50.0
_QUESTIONS = 100
_WARMING = 10
FIRST_TOKEN_S = 0.05  # the server's own


def run() -> dict[str, Any]:
    corpus = Corpus()
    with apart(pieces=8, pause=FIRST_TOKEN_S) as server, house(ollama_url=server.url) as built:
        name = build(built, corpus, CHUNKS)
        built.services.limits.change(built.admin, RoleLimit(Role.ADMIN, 1_000))
        return {
            provider: _measure(built, built.admin, name, _questions(built, provider), provider)
            for provider in ("extractive", "ollama")
        }


def _questions(built: House, seed: str) -> list[str]:
    """Each asks for what one passage says, so that there is evidence to answer from."""
    with built.services.db.begin() as tx:
        found = tx.connection.execute(
            text("SELECT text FROM chunks ORDER BY md5(id::text || :seed) LIMIT :most"),
            {"seed": seed, "most": _QUESTIONS + _WARMING},
        )
        return [f"What does it say about {' '.join(row.text.split()[20:28])}?" for row in found]


def _measure(built: House, who: Principal, name: str, questions: Sequence[str], provider: str) -> dict[str, Any]:
    whole, stages = [], defaultdict(list)
    for place, question in enumerate(questions):
        took, steps = _one(built, who, Ask(question, collection=name, provider=provider))
        if place < _WARMING:
            continue
        whole.append(took)
        for step, ms in steps.items():
            stages[step].append(ms)
    return {"whole": _shares(whole), "stages": {step: _shares(times) for step, times in stages.items()}}


def _one(built: House, who: Principal, ask: Ask) -> tuple[float, dict[str, float]]:
    """Milliseconds to the end, and of each stage; `overhead` is what the product adds before the first token."""
    turns = built.services.turns
    began, first = time.perf_counter(), None
    started = turns.start(who, ask)
    for event in turns.follow(who, started.message_id):
        if event.kind == "token" and first is None:
            first = (time.perf_counter() - began) * 1000
    whole = (time.perf_counter() - began) * 1000
    trace = turns.trace(who, started.message_id)
    steps = {step.name: step.ms for step in trace.steps}
    answer = trace.step("answer")
    if first is not None and answer is not None and answer.found["first_ms"] is not None:
        model = answer.found["first_ms"] if answer.found["provider"] == "extractive" else FIRST_TOKEN_S * 1000
        steps["first token"] = first
        steps["overhead"] = first - steps.get("retrieve", 0.0) - model
    return whole, steps


def _shares(times: Sequence[float]) -> dict[str, float]:
    return {f"p{share}_ms": round(float(np.percentile(times, share)), 1) for share in (50, 95)}


def report(result: dict[str, Any]) -> str:
    """Markdown."""
    parts = []
    for provider, found in result.items():
        rows = [["whole answer", *found["whole"].values()]]
        rows += [[step, *times.values()] for step, times in found["stages"].items()]
        parts.append(f"## {provider}\n\n{table(['stage', 'p50 ms', 'p95 ms'], rows)}")
    return "\n\n".join(parts)


def main() -> None:
    result = run()
    print(report(result))
    assert result["extractive"]["whole"]["p95_ms"] <= AIM_ANSWER_P95_MS
    assert result["ollama"]["stages"]["overhead"]["p95_ms"] <= AIM_OVERHEAD_P95_MS


if __name__ == "__main__":
    main()
