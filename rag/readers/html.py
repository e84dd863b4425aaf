"""HTML pages: headings, paragraphs, lists and tables that a visitor would see."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.entities.reading import Block, Parsed
from core.errors import ParseFailed
from rag.readers import html_hidden, html_table, tables, text
from rag.readers.content import WRONG_CONTENT, require_text
from rag.readers.limits import TOO_MUCH_TEXT, Limits

TOO_DEEP = (
    "The page nests its elements deeper than the limit of %(depth)s. Save it in a simpler form and upload it again."
)

_DEEPEST = 2048  # libxml2's own
_DECLARED = re.compile(rb"<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z!?]")
_SKIPPED = {"script", "style", "noscript", "template", "head", "nav", "svg", "iframe", "select", "button", "textarea"}
_INLINE = {
    *(
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "br",
        "cite",
        "code",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "label",
        "mark",
    ),
    *("q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr", "img", "input"),
}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}


def read(path: Path, limits: Limits) -> Parsed:
    if path.stat().st_size > limits.characters * 4:
        raise ParseFailed(TOO_MUCH_TEXT, characters=limits.characters)
    content = decoded(path.read_bytes(), ".html")
    if not _TAG.search(content):
        raise ParseFailed(WRONG_CONTENT, suffix=".html")
    return page(content)


def page(content: str) -> Parsed:
    """What a visitor of the page would see, and what is hidden from visitors among the findings."""
    from lxml import html

    # As bytes, since lxml refuses a text that declares its own encoding.
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    if not content.strip():
        return Parsed(())
    root = html.document_fromstring(content.encode("utf-8", "ignore"), parser=parser)
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise ParseFailed(TOO_DEEP, depth=_DEEPEST)
    title = root.findtext(".//title") or ""
    findings = html_hidden.take_out(root)
    for line_break in root.iter("br"):
        line_break.tail = f" {line_break.tail or ''}"
    blocks = tuple(_blocks(root))
    headings = (block.text for block in blocks if block.level == 1)
    return Parsed(blocks, title=title.strip() or next(headings, ""), findings=findings)


def decoded(data: bytes, suffix: str) -> str:
    require_text(data, suffix)
    marked = data.startswith(codecs.BOM_UTF8)  # which says more than what the page declares
    declared = None if marked else _DECLARED.search(data[:4096])
    try:
        return data.decode(declared[1].decode() if declared else "utf-8")
    except (LookupError, UnicodeDecodeError):
        return text.decode(data, suffix)


def _blocks(root: Any) -> Iterator[Block]:
    """Walks without recursion, which a page could nest too deeply for."""
    from lxml import etree

    inline: list[str] = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        ends_paragraph = element.tag not in _INLINE and element.tag not in _SKIPPED
        if ends_paragraph:
            yield from _paragraph(inline, _HEADINGS.get(element.tag, 0) if event == "end" else 0)
        if event == "end":
            inline.append(element.tail or "")
        elif element.tag in _SKIPPED:
            walk.skip_subtree()
        elif element.tag == "pre":  # its lines are what its author made of them
            walk.skip_subtree()
            if lines := "".join(element.itertext()).strip("\n").rstrip():
                yield Block(lines)
        elif element.tag == "table" and html_table.holds_data(element):
            walk.skip_subtree()
            if caption := html_table.caption(element):
                yield Block(caption)
            yield from tables.blocks(html_table.rows(element))
        else:
            inline.append(f"{'- ' if element.tag == 'li' else ''}{element.text or ''}")
    yield from _paragraph(inline)


def _paragraph(inline: list[str], level: int = 0) -> Iterator[Block]:
    words = " ".join("".join(inline).split())
    inline.clear()
    if words and words != "-":
        yield Block(words, "heading", level) if level else Block(words)
