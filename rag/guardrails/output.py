"""Holds back what an answer must not contain, while it streams: only what may begin a forbidden text waits."""

from __future__ import annotations

from rag.guardrails.forbidden import fold
from rag.guardrails.rules import RuleSet, Verdict


class OutputFilter:
    """`feed` and `close` return what may be shown; from a hit on, nothing more, and `verdict` says why. When the model
    pauses, `pause` returns what waits in vain: the end of most texts that only might begin a forbidden one."""

    def __init__(self, rules: RuleSet) -> None:
        self._forbidden = rules.forbidden
        self._room = rules.lengths.answer
        self._before = ""  # the last character that nothing forbidden can hold any more
        self._text = ""  # what comes after it
        self._shown = 0  # characters of it
        self._telling = False
        self.verdict: Verdict | None = None

    @property
    def waiting(self) -> bool:
        """Whether `pause` would return something."""
        return self._shown < len(self._text) and not self._telling and self.verdict is None

    def feed(self, piece: str) -> str:
        if self.verdict is not None:
            return ""
        self._text += piece
        found = self._forbidden.look(fold(self._text), self._before)
        if found.pattern is not None:
            self.verdict = Verdict(found.pattern.rule, found.pattern.category, found.pattern.start, side="answer")
            return self._show(found.place)
        self._telling = found.telling
        shown = self._show(self._without_half_a_word(found.hold))
        self._settle(min(found.place, self._shown))
        return shown

    def pause(self) -> str:
        return self._show(len(self._text)) if self.waiting else ""

    def close(self) -> str:
        """What was held and has turned out harmless."""
        return "" if self.verdict else self._show(len(self._text))

    def _without_half_a_word(self, end: int) -> int:
        """`end`, or the beginning of the word that it would cut, as far as that is not shown yet."""
        while self._shown < end < len(self._text) and self._text[end - 1 : end + 1].isalnum():
            end -= 1
        return end

    def _settle(self, length: int) -> None:
        if length:
            self._before = self._text[length - 1]
            self._text, self._shown = self._text[length:], self._shown - length

    def _show(self, end: int) -> str:
        shown, self._shown = self._text[self._shown : end], max(end, self._shown)
        if len(shown) > self._room:
            shown = shown[: self._room]
            self.verdict = self.verdict or Verdict("answer-length", "length", "", side="answer")
        self._room -= len(shown)
        return shown
