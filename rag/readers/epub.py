"""EPUB books: the pages of their reading order, each read as the HTML that it is."""

from __future__ import annotations

import posixpath
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from core.entities.reading import Parsed
from core.errors import ParseFailed
from rag.readers import html
from rag.readers.content import require_zip
from rag.readers.limits import TOO_MUCH_TEXT, Limits

LOCKED = "The book is protected against copying. Upload a copy without the protection."

_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"
_CONTAINER = "META-INF/container.xml"
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def read(path: Path, limits: Limits) -> Parsed:
    require_zip(path, _CONTAINER, ".epub", limits)
    with zipfile.ZipFile(path) as archive:
        place = _xml(archive, _CONTAINER).find(".//{*}rootfile").get("full-path")
        package = _xml(archive, place)
        names = _reading_order(package, posixpath.dirname(place))
        if _is_locked(archive, names):
            raise ParseFailed(LOCKED)
        pages = _pages(archive, names, limits)
    return Parsed(
        blocks=tuple(block for page in pages for block in page.blocks),
        title=_first(package, "title"),
        tags=tuple(found.text for found in package.findall(f".//{_DUBLIN_CORE}subject") if found.text),
        metadata={"author": author} if (author := _first(package, "creator")) else {},
        findings=tuple(finding for page in pages for finding in page.findings),
    )


def _xml(archive: zipfile.ZipFile, name: str) -> Any:
    from defusedxml.ElementTree import fromstring

    return fromstring(archive.read(name))


def _first(package: Any, name: str) -> str:
    found = package.find(f".//{_DUBLIN_CORE}{name}")
    return found.text or "" if found is not None else ""


def _reading_order(package: Any, folder: str) -> list[str]:
    """Names of the members that are pages, in the order of the spine."""
    items = {item.get("id"): item for item in package.findall(".//{*}item")}
    listed = [items[ref.get("idref")] for ref in package.findall(".//{*}itemref") if ref.get("idref") in items]
    pages = [item.get("href", "") for item in listed if item.get("media-type") in _PAGES]
    return [posixpath.normpath(posixpath.join(folder, unquote(page))) for page in pages]


def _is_locked(archive: zipfile.ZipFile, pages: list[str]) -> bool:
    """Whether a page is encrypted; fonts often are, and nothing is lost with them."""
    if "META-INF/encryption.xml" not in archive.namelist():
        return False
    references = _xml(archive, "META-INF/encryption.xml").findall(".//{*}CipherReference")
    locked = {unquote(one.get("URI", "")) for one in references}
    return not locked.isdisjoint(pages)


def _pages(archive: zipfile.ZipFile, names: list[str], limits: Limits) -> list[Parsed]:
    present, pages, characters = set(archive.namelist()), [], 0
    for name in names:
        if name in present:
            pages.append(html.page(html.decoded(archive.read(name), ".epub")))
            characters += sum(len(block.text) for block in pages[-1].blocks)
        if characters > limits.characters:
            raise ParseFailed(TOO_MUCH_TEXT, characters=limits.characters)
    return pages
