"""The citation gate: only `[n]` of passages that were retrieved for an answer ever leave it."""

from __future__ import annotations

import re
from collections.abc import Collection

from core.entities.retrieval import Citation, Passage

# What a model writes for a citation: [1], [1, 2], [1-3], [^1], [source 4], 【5†source】. Anything else is text.
_WORD = r"(?:sources?|passages?|documents?|docs?|refs?|n|no|источники?|фрагменты?|документы?|см)\.?"
_MARK = re.compile(rf"\s*(?:(?:{_WORD}|[#№^:])\s*)*(?P<ids>\d[\d\s,;&–—-]*)(?:†.*)?\s*", re.IGNORECASE | re.DOTALL)
_ID_OR_RANGE = re.compile(r"(\d+)(?:\s*[-–—]\s*(\d+))?")
_PLAIN = re.compile(r"[\d\s,;&^#№:–—-]*")
_OURS = re.compile(r"\[(\d{1,9})\]")
_OPEN, _CLOSE = "[【", "]】"
_LONGEST_MARK = 60  # characters; a bracket that is longer and not digits alone is text
_WIDEST_RANGE = 20
_MOST_DIGITS = 12


def neutral(text: str) -> str:
    """`text` of a document with its own `[5]` written `(5)`, so that it cannot pass for a citation of ours."""
    return re.sub(r"[\[【]([\d\s,;.^†–—-]*\d[\d\s,;.–—-]*)[\]】]", r"(\1)", text)


def snapshots(passages: Collection[Passage], cited: Collection[int]) -> tuple[Citation, ...]:
    """The citations `cited` (numbers from 1, in their order) of `passages`, as they are kept with a message."""
    numbered = dict(enumerate(passages, start=1))
    return tuple(
        Citation(
            n=n,
            chunk_id=numbered[n].chunk_id,
            document_id=numbered[n].document_id,
            document_version=numbered[n].document_version,
            title=numbered[n].title,
            page=numbered[n].page,
            text=numbered[n].text,
            score=numbered[n].score,
        )
        for n in cited
    )


class Gate:
    """Reads a stream and lets through its text and the `[n]` whose n is known.

    Text from `[` is held until `]`, so no reader ever sees a marker that is taken back. `[1, 7]` becomes `[1][7]`;
    unknown numbers are dropped together with the spaces before them. Everything else passes unchanged.
    """

    def __init__(self, known: Collection[int]) -> None:
        self._known = frozenset(known)
        self._open: list[str] = []  # brackets that are still open, the outermost first
        self._spaces = ""  # held until it is clear that no dropped marker follows
        self.cited: list[int] = []  # numbers that have been shown, in the order of first use

    def feed(self, piece: str) -> str:
        """What may be shown now that `piece` has arrived."""
        return self._shown("".join(map(self._take, piece)))

    def close(self) -> str:
        """What is left at the end of the stream; a bracket that never closed is shown only if it is no citation."""
        bracket, self._open = "".join(self._open), []
        spaces, self._spaces = self._spaces, ""
        inside = bracket.strip("".join(_OPEN))
        if _PLAIN.fullmatch(inside) or _MARK.fullmatch(inside):
            return spaces if not bracket else ""
        return self._shown(spaces + bracket)

    def _shown(self, text: str) -> str:
        for n in map(int, _OURS.findall(text)):
            if n not in self.cited:
                self.cited.append(n)
        return text

    def _take(self, char: str) -> str:
        if char in _OPEN:
            self._open.append(char)
            return ""
        if not self._open:
            return self._plain(char)
        self._open[-1] += char
        if char in _CLOSE:
            return self._emit(self._resolve(self._open.pop()))
        return self._release()

    def _plain(self, char: str) -> str:
        if char == " ":
            self._spaces += char
            return ""
        spaces, self._spaces = self._spaces, ""
        return spaces + char

    def _emit(self, resolved: str) -> str:
        """`resolved` goes out, or into the bracket around it, which may turn out to be a marker itself."""
        if self._open:
            self._open[-1] += resolved
            return ""
        spaces, self._spaces = self._spaces, ""
        return spaces + resolved if resolved else ""

    def _resolve(self, bracket: str) -> str:
        mark = _MARK.fullmatch(bracket[1:-1])
        if mark is None:
            return bracket
        valid = [n for n in _numbers(mark["ids"]) if n in self._known]
        return "".join(f"[{n}]" for n in dict.fromkeys(valid))

    def _release(self) -> str:
        """Outermost brackets that can no longer become a citation; inner ones stay held."""
        released = ""
        while self._open and len(self._open[0]) > _LONGEST_MARK and not _PLAIN.fullmatch(self._open[0][1:]):
            released += self._open.pop(0)
        if not released:
            return ""
        spaces, self._spaces = self._spaces, ""
        return spaces + released


def _numbers(ids: str) -> list[int]:
    found: list[int] = []
    for first, last in _ID_OR_RANGE.findall(ids):
        if len(first + last) > _MOST_DIGITS:
            continue
        start, end = int(first), int(last or first)
        if start <= end < start + _WIDEST_RANGE:
            found.extend(range(start, end + 1))
        else:
            found.extend((start, end))
    return found
