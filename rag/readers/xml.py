"""XML files: records become tables, named values lines, running text paragraphs; entities are not expanded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.entities.reading import Parsed
from core.errors import ParseFailed
from rag.readers import structured
from rag.readers.content import WRONG_CONTENT, require_text
from rag.readers.limits import TOO_MUCH_TEXT, Limits

ENTITIES = (
    "The XML file declares entities, which can hide any amount of text. Save it without them and upload it again."
)


def read(path: Path, limits: Limits) -> Parsed:
    if path.stat().st_size > limits.characters * 4:
        raise ParseFailed(TOO_MUCH_TEXT, characters=limits.characters)
    with path.open("rb") as file:
        start = file.read(1024)
    require_text(start, ".xml")
    if not start.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"<"):
        raise ParseFailed(WRONG_CONTENT, suffix=".xml")
    root = _root(path)
    found = root.find("{*}title")
    title = (found.text or "") if found is not None else ""
    return Parsed(tuple(structured.blocks(_value(root))), title=title)


def _root(path: Path) -> Any:
    """The tree, given up where it nests too deeply or an entity is declared."""
    from defusedxml import EntitiesForbidden
    from defusedxml.ElementTree import iterparse

    depth, root = 0, None
    try:
        for event, element in iterparse(path, events=("start", "end")):
            root = element if root is None else root
            depth += 1 if event == "start" else -1
            if depth > structured.DEEPEST:
                raise ParseFailed(structured.TOO_DEEP, depth=structured.DEEPEST)
    except EntitiesForbidden as error:
        raise ParseFailed(ENTITIES) from error
    return root


def _value(element: Any) -> Any:
    """A text, or a mapping of what the element holds; repeated names are lists; mixed text stays one text."""
    attributes = {_name(key): value for key, value in element.attrib.items()}
    if _is_prose(element):
        words = " ".join("".join(element.itertext()).split())
        return {**attributes, "text": words} if attributes and words else attributes or words
    values: dict[str, list[Any]] = {}
    for child in element:
        if isinstance(child.tag, str):
            values.setdefault(_name(child.tag), []).append(_value(child))
    if len(values) == 1 and not attributes:
        (only,) = values.values()
        if len(only) > 1:
            return only
    return {**attributes, **{name: found[0] if len(found) == 1 else found for name, found in values.items()}}


def _is_prose(element: Any) -> bool:
    """Text with perhaps some markup in it, rather than other elements."""
    texts = (element.text, *(child.tail for child in element))
    return len(element) == 0 or any(text and text.strip() for text in texts)


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]
