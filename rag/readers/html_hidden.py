"""Text of an HTML page that its visitors do not see: taken out of the page, and reported where it is prose.

Honest pages hide menus, dialogs and labels for screen readers; those are taken out too, and nobody is bothered.
"""

from __future__ import annotations

import re
from typing import Any

from core.entities.reading import Finding, FindingKind
from rag.readers import hidden

_NOT_SHOWN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)", re.IGNORECASE)
_TINY = re.compile(r"font-size\s*:\s*(?:0(?:px|pt|r?em|%)?|0?\.\d+p[xt]|1px)\s*(?:;|!|$)", re.IGNORECASE)
_AWAY = re.compile(r"(?:left|top|text-indent|margin-left|margin-top)\s*:\s*-\d{4,}px", re.IGNORECASE)
_COLOR = re.compile(r"(?<![\w-])color\s*:\s*([^;!]+)", re.IGNORECASE)
_BEHIND = re.compile(r"background(?:-color)?\s*:\s*([^;!]+)", re.IGNORECASE)
_WHITE = re.compile(r"^(?:white|#fff|#ffffff|rgb\(\s*255\s*,\s*255\s*,\s*255\s*\)|transparent)$", re.IGNORECASE)
_CONTROLS = ("a", "button", "input", "form", "select", "nav", "option")
_LEFT_ALONE = ("html", "body", "script", "style", "noscript", "template", "head", "svg", "link", "meta", "title")


def take_out(root: Any) -> tuple[Finding, ...]:
    """Removes what is hidden from the tree."""
    found: list[Finding] = []
    for element in list(root.iter("*")):
        kind = _hides(element)
        if kind and element.getparent() is not None and root in (element, *element.iterancestors()):
            if _is_prose(element):
                found.append(Finding(kind, _words(element)))
            element.drop_tree()
    return hidden.findings(found)


def _hides(element: Any) -> FindingKind | None:
    if element.tag in _LEFT_ALONE:
        return None
    style = element.get("style") or ""
    if "hidden" in element.attrib or _NOT_SHOWN.search(style):
        return FindingKind.HIDDEN
    if _TINY.search(style):
        return FindingKind.TINY
    if _AWAY.search(style):
        return FindingKind.OFF_PAGE
    return FindingKind.WHITE if _is_white_on_white(element, style) else None


def _is_white_on_white(element: Any, style: str) -> bool:
    """White letters with nothing but white behind them, as far as the page itself says; a class could say otherwise."""
    color = _COLOR.search(style) if style else None
    given = color[1] if color else element.get("color") or ""
    if not _WHITE.match(given.strip()):
        return False
    for around in (element, *element.iterancestors()):
        behind = _BEHIND.search(around.get("style") or "")
        shade = behind[1].strip() if behind else around.get("bgcolor") or ""
        if shade:
            return bool(_WHITE.match(shade))
        if around.get("class") or around.get("background"):
            return False
    return True


def _is_prose(element: Any) -> bool:
    return next(element.iter(*_CONTROLS), None) is None


def _words(element: Any) -> str:
    return " ".join(" ".join(part for part in element.itertext() if part.strip()).split())
