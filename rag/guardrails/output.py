"""Holds back what an answer must not contain, while it streams: only what may begin a forbidden text waits."""

from __future__ import annotations

from rag.guardrails.forbidden import fold
from rag.guardrails.rules import RuleSet, Verdict


class OutputFilter:
    """`feed` and `close` return what may be shown; from a hit on, nothing more, and `verdict` says why."""

    def __init__(self, rules: RuleSet) -> None:
        self._forbidden = rules.forbidden
        self._room = rules.lengths.answer
        self._held = ""
        self.verdict: Verdict | None = None

    def feed(self, piece: str) -> str:
        if self.verdict is not None:
            return ""
        self._held += piece
        place, pattern = self._forbidden.find(fold(self._held))
        if pattern is not None:
            self.verdict = Verdict(pattern.rule, pattern.category, pattern.start, side="answer")
        return self._release(place)

    def close(self) -> str:
        """What was held and has turned out harmless."""
        return "" if self.verdict else self._release(len(self._held))

    def _release(self, length: int) -> str:
        shown, self._held = self._held[:length], self._held[length:]
        if len(shown) > self._room:
            shown = shown[: self._room]
            self.verdict = self.verdict or Verdict("answer-length", "length", "", side="answer")
        self._room -= len(shown)
        return shown
