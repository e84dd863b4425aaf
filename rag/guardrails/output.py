"""Holds back what an answer must not contain, while it streams: only what may begin a forbidden text waits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rag.guardrails.rules import RuleSet, Verdict


@dataclass(frozen=True, slots=True)
class _Pattern:
    """`start`, then at least `more` characters of a key (0: the start alone is forbidden)."""

    rule: str
    category: str
    start: str
    more: int = 0


class OutputFilter:
    """`feed` and `close` return what may be shown; from a hit on, nothing more, and `verdict` says why."""

    def __init__(self, rules: RuleSet) -> None:
        self._patterns = tuple(_patterns(rules))
        self._room = rules.lengths.answer
        self._held = ""
        self.verdict: Verdict | None = None

    def feed(self, piece: str) -> str:
        if self.verdict is not None:
            return ""
        self._held += piece
        folded = _folded(self._held)
        hits = [(place, pattern) for pattern in self._patterns if (place := _found(folded, pattern)) >= 0]
        if hits:
            place, pattern = min(hits, key=lambda hit: hit[0])
            self.verdict = Verdict(pattern.rule, pattern.category, pattern.start, side="answer")
            return self._release(place)
        return self._release(min((_open(folded, pattern) for pattern in self._patterns), default=len(folded)))

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


def _patterns(rules: RuleSet) -> Iterator[_Pattern]:
    for rule in rules.output:
        for phrase in rule.phrases:
            yield _Pattern(rule.id, rule.category, _folded(phrase.strip()[1:-1]))
        for key in rule.keys:
            yield _Pattern(rule.id, rule.category, _folded(key.prefix), key.length)


def _folded(text: str) -> str:
    """Lower case and single spaces for other blanks, character by character: places stay the same."""
    lower = (character.lower() if len(character.lower()) == 1 else character for character in text)
    return "".join(" " if character.isspace() else character for character in lower)


def _key_end(text: str, start: int) -> int:
    while start < len(text) and (text[start] in "_-" or (text[start].isascii() and text[start].isalnum())):
        start += 1
    return start


def _found(text: str, pattern: _Pattern) -> int:
    """Where the pattern occurs, or -1."""
    place = text.find(pattern.start)
    while place >= 0:
        begin = place + len(pattern.start)
        end = _key_end(text, begin) if pattern.more else begin
        if end - begin >= pattern.more:
            return place
        # What lies inside this run is shorter still.
        place = text.find(pattern.start, max(end, place + 1))
    return -1


def _open(text: str, pattern: _Pattern) -> int:
    """From where on the end of `text` may still become the pattern; its length if nowhere."""
    if pattern.more:
        place = text.rfind(pattern.start)
        if place >= 0 and _key_end(text, place + len(pattern.start)) == len(text):
            return place
    for length in range(min(len(pattern.start) - 1, len(text)), 0, -1):
        if text.endswith(pattern.start[:length]):
            return len(text) - length
    return len(text)
