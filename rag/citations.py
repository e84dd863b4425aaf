"""The citation gate: only `[n]` of passages that were retrieved for an answer ever leave it, and readers see them
counted from 1 as they appear."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

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


def snapshots(passages: Sequence[Passage], cited: Sequence[int]) -> tuple[Citation, ...]:
    """The passages at the places `cited` (from 1), numbered as the gate shows them and as a message keeps them."""
    return tuple(
        Citation(
            n=n,
            chunk_id=passage.chunk_id,
            document_id=passage.document_id,
            document_version=passage.document_version,
            title=passage.title,
            page=passage.page,
            text=passage.text,
            score=passage.score,
        )
        for n, passage in enumerate((passages[place - 1] for place in cited), start=1)
    )


class Gate:
    """Reads a stream and lets through its text and the `[n]` whose n is known, numbered anew by first appearance.

    Text from `[` is held until `]`, so no reader ever sees a marker that is taken back. `[4, 7]` becomes `[1][2]`;
    unknown numbers are dropped together with the spaces before them. Everything else passes unchanged.
    """

    def __init__(self, known: Collection[int]) -> None:
        self._known = frozenset(known)
        self._open: list[str] = []  # brackets that are still open, the outermost first
        self._spaces = ""  # held until it is clear that no dropped marker follows
        self.cited: list[int] = []  # what has been cited, in the order of first use: the first is shown as [1]

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
        return _OURS.sub(self._numbered, text)

    def _numbered(self, mark: re.Match[str]) -> str:
        n = int(mark[1])
        if n not in self.cited:
            self.cited.append(n)
        return f"[{self.cited.index(n) + 1}]"

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
