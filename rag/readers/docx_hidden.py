"""Text of a Word document that does not show: marked as hidden, white on white, or too small to be read; by itself or
by its style."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from core.entities.reading import Finding, FindingKind
from rag.readers.docx_text import W

_SMALLEST = 4  # half points
_WHITE = ("FFFFFF", "FEFEFE")
_ON = ("", "1", "true", "on")
_SAYS = (f"{W}vanish", f"{W}color", f"{W}sz")
_SHADES = (f"{W}shd", f"{W}highlight")
_MAY_SHADE = (f"{W}tbl", f"{W}txbxContent")

Looks = Mapping[str, Any]
"""What settles whether letters show: the elements `vanish`, `color`, `sz` and the shades, by their tag."""


def take_out(root: Any, styles: Any) -> list[Finding]:
    """Removes the runs that do not show; runs that follow each other are one finding."""
    by_style = _by_style(styles)
    runs = [(run, kind) for run in list(root.iter(f"{W}r")) if (kind := _hides(run, by_style)) is not None]
    found: list[Finding] = []
    for (_paragraph, kind), group in groupby(runs, key=lambda one: (one[0].getparent(), one[1])):
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
    return (text.text or "" for run in runs for text in run.iterchildren(f"{W}t"))


def _by_style(styles: Any) -> dict[str, Looks]:
    """The looks of each style that settles any, what it is based on included."""
    known = {style.get(f"{W}styleId"): style for style in styles.iter(f"{W}style")}
    return {name: looks for name in known if (looks := _inherited(name, known))}


def _inherited(name: str | None, known: Mapping[str | None, Any]) -> Looks:
    looks: dict[str, Any] = {}
    seen: set[str | None] = set()
    while name in known and name not in seen:
        seen.add(name)
        style = known[name]
        looks = {**_looks(style.find(f"{W}pPr"), style.find(f"{W}rPr")), **looks}
        based = style.find(f"{W}basedOn")
        name = based.get(f"{W}val") if based is not None else None
    return looks


def _looks(*properties: Any) -> dict[str, Any]:
    return {
        one.tag: one
        for part in properties
        if part is not None
        for one in part
        if one.tag in _SAYS or one.tag in _SHADES
    }


def _hides(run: Any, by_style: Mapping[str, Looks]) -> FindingKind | None:
    own = run.find(f"{W}rPr")
    paragraph = next(run.iterancestors(f"{W}p"), None)
    around = paragraph.find(f"{W}pPr") if paragraph is not None else None
    named = [_style(around, "pStyle"), _style(own, "rStyle")]
    if own is None and not any(name in by_style for name in named):
        return None
    looks: dict[str, Any] = {}
    for name in named:
        looks |= by_style.get(name, {})
    looks |= _looks(around) | _looks(own)
    if (vanish := looks.get(f"{W}vanish")) is not None and vanish.get(f"{W}val", "") in _ON:
        return FindingKind.HIDDEN
    size = looks[f"{W}sz"].get(f"{W}val", "") if f"{W}sz" in looks else ""
    if size.isdecimal() and int(size) <= _SMALLEST:
        return FindingKind.TINY
    color = looks[f"{W}color"].get(f"{W}val", "") if f"{W}color" in looks else ""
    return FindingKind.WHITE if color.upper() in _WHITE and not _has_shade(run, looks) else None


def _style(properties: Any, kind: str) -> str:
    found = properties.find(f"{W}{kind}") if properties is not None else None
    return found.get(f"{W}val", "") if found is not None else ""


def _has_shade(run: Any, looks: Looks) -> bool:
    """Whether something may lie behind its white letters: a marker, a shade, a drawing, or a table's style."""
    if any(shade in looks for shade in _SHADES) or next(run.iterancestors(*_MAY_SHADE), None) is not None:
        return True
    return run.getroottree().getroot().find(f"{W}background") is not None
