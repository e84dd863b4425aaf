"""The words of a Word document's elements, whatever they are wrapped in: changes, controls, links, fields, formulas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"

_BLOCKS = (f"{W}p", f"{W}tbl")
_CONTROL = f"{W}sdt"
_WRAPPERS = (f"{W}sdtContent", f"{W}customXml", f"{W}ins", f"{W}moveTo")
_BOX = f"{W}txbxContent"
_NOTES = (f"{W}footnoteReference", f"{W}endnoteReference")
_TEXTS = (f"{W}t", f"{_M}t")
_BREAKS = {f"{W}tab": "\t", f"{W}ptab": "\t", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
# Deleted, moved away, drawn a second time for old programs; properties have no words.
_PASSED_OVER = {f"{W}del", f"{W}moveFrom", _FALLBACK, f"{W}pPr", f"{W}rPr", f"{W}sdtPr", f"{W}instrText"}


class Said(NamedTuple):
    """What a paragraph says; `boxes` are the contents of its text boxes, `notes` the `(kind, id)` it refers to."""

    text: str
    boxes: list[Any]
    notes: list[tuple[str, str]]


def content(parent: Any) -> Iterator[Any]:
    """Paragraphs and tables in their order, out of what wraps them."""
    for child in parent:
        if child.tag in _BLOCKS:
            yield child
        elif child.tag in _WRAPPERS or (child.tag == _CONTROL and not _is_filler(child)):
            yield from content(child)


def said(paragraph: Any) -> Said:
    parts: list[str] = []
    found = Said("", [], [])
    waiting = [paragraph]  # without recursion, which a file could nest too deeply for
    while waiting:
        element = waiting.pop()
        tag = element.tag
        if tag in _TEXTS:
            parts.append(element.text or "")
        elif tag in _BREAKS:
            parts.append(_BREAKS[tag])
        elif tag == f"{W}br":
            parts.append("\n" if element.get(f"{W}type", "textWrapping") == "textWrapping" else "")
        elif tag in _NOTES:
            found.notes.append((tag, element.get(f"{W}id", "")))
        elif tag == _BOX:
            found.boxes.append(element)
        elif tag not in _PASSED_OVER and not (tag == _CONTROL and _is_filler(element)):
            waiting.extend(reversed(element))
    return found._replace(text="".join(parts))


def _is_filler(control: Any) -> bool:
    """A control that nobody has filled in, or the table of contents, which the headings repeat."""
    properties = control.find(f"{W}sdtPr")
    if properties is None:
        return False
    gallery = properties.find(f"{W}docPartObj/{W}docPartGallery")
    contents = gallery is not None and gallery.get(f"{W}val") == "Table of Contents"
    return contents or properties.find(f"{W}showingPlcHdr") is not None
