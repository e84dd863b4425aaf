"""What the stages of an answer found, as their trace keeps it: numbers and names, no text of documents."""

from __future__ import annotations

from typing import Any

from rag.answering import Draft
from scenarios.router import Decision


def decided(decision: Decision) -> dict[str, Any]:
    return {
        "scenario": decision.scenario,
        "scores": {name: round(score, 3) for name, score in decision.scores.items()},
        "reason": decision.reason,
        "decided_by": decision.decided_by,
    }


def written(draft: Draft, started: float) -> dict[str, Any]:
    prompt = draft.prompt
    return {
        "provider": draft.provider,
        "model": draft.model,
        "first_ms": round((draft.first_token_at - started) * 1000, 1) if draft.first_token_at else None,
        "place": draft.place,
        "window": draft.window,
        "prompt_tokens": draft.usage.prompt_tokens,
        "completion_tokens": draft.usage.completion_tokens,
        "estimated": draft.usage.estimated,
        "passages": len(prompt.passages) if prompt else 0,
        "dropped_passages": prompt.dropped_passages if prompt else 0,
        "dropped_turns": prompt.dropped_turns if prompt else 0,
        "tools": [{"name": one.name, "arguments": dict(one.arguments), "error": one.error} for one in draft.called],
        "broken": draft.broken,
    }


def gated(draft: Draft) -> dict[str, Any]:
    return {"cited": draft.cited, "replaced": draft.replaced, "action": draft.action}
