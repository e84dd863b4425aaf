"""Text of a Word document that does not show: marked as hidden, white on white, or too small to be read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from core.entities.reading import Finding, FindingKind

_SMALLEST = 4  # half points
_WHITE = ("FFFFFF", "FEFEFE")
_ON = ("", "1", "true", "on")
_IS_WHITE = " or ".join(f"w:color/@w:val = '{white}'" for white in _WHITE)
_SUSPECT = f"w:vanish or w:sz/@w:val <= {_SMALLEST} or {_IS_WHITE}"


def take_out(body: Any) -> list[Finding]:
    """Removes the runs that do not show; runs that follow each other are one finding."""
    runs = [(run, _hides(run)) for run in body.xpath(f".//w:r[w:rPr[{_SUSPECT}]]")]
    found: list[Finding] = []
    for (_paragraph, kind), group in groupby(runs, key=lambda one: (one[0].getparent(), one[1])):
        if kind is not None:
            members = [run for run, _ in group]
            found.append(Finding(kind, "".join(_words(members))))
            for run in members:
                run.getparent().remove(run)
    return _joined(found)


def _joined(found: list[Finding]) -> list[Finding]:
    """Hidden paragraphs one after the other, as one."""
    return [
        Finding(kind, "\n".join(one.text for one in group)) for kind, group in groupby(found, key=lambda one: one.kind)
    ]


def _words(runs: list[Any]) -> Iterator[str]:
    return (text.text or "" for run in runs for text in run.xpath("./w:t"))


def _hides(run: Any) -> FindingKind | None:
    if (vanish := run.xpath("./w:rPr/w:vanish")) and _value(vanish[0]) in _ON:
        return FindingKind.HIDDEN
    size = run.xpath("./w:rPr/w:sz/@w:val")
    if size and size[0].isdecimal() and int(size[0]) <= _SMALLEST:
        return FindingKind.TINY
    color = run.xpath("./w:rPr/w:color/@w:val")
    return FindingKind.WHITE if color and color[0].upper() in _WHITE and not _has_shade(run) else None


def _value(element: Any) -> str:
    return str(next(iter(element.xpath("./@w:val")), ""))


def _has_shade(run: Any) -> bool:
    """Whether something may lie behind its white letters: a marker, a shade, a drawing, or a table's style."""
    marked = run.xpath("./w:rPr/w:shd | ./w:rPr/w:highlight | ./w:rPr/w:rStyle | ../w:pPr/w:shd")
    around = run.xpath("ancestor::w:tbl | ancestor::w:txbxContent | /w:document/w:background")
    return bool(marked or around)
