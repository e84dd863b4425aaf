"""Web pages: each address is a record, compared by the text that a visitor would see."""

from __future__ import annotations

import codecs
import io
import tempfile
from collections.abc import Mapping
from email.message import Message
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

from pydantic import Field, field_validator

from core.entities.reading import Parsed
from core.entities.sources import Broken, Record
from core.errors import NichewiseError
from rag.parsing import parse
from rag.sources.base import Config, Records, Surroundings, short_key
from rag.sources.network import Fetched, check_url

_SUFFIXES: Mapping[str, str] = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/markdown": ".md",
}
_LONGEST_TITLE = 120
NOT_THERE = "There is no page at this address. Correct the address or take it out."
NO_PAGE = "What is at this address is no page and no PDF."


class WebConfig(Config):
    urls: tuple[str, ...] = Field(min_length=1, max_length=1000)

    @field_validator("urls")
    @classmethod
    def _addresses(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(str(check_url(url)) for url in urls if url.strip()))


def read(config: WebConfig, around: Surroundings) -> Records:
    """A page that answers 404 or 410 is gone; one that cannot be had for another reason stays as it was."""
    for url in config.urls:
        try:
            fetched = around.web.get(url)
            yield Broken(short_key(url), NOT_THERE, gone=True) if fetched.gone else _record(url, fetched, around)
        except NichewiseError as error:
            yield Broken(short_key(url), error.message)


def _record(url: str, fetched: Fetched, around: Surroundings) -> Record | Broken:
    media_type = fetched.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
    suffix = _SUFFIXES.get(media_type)
    if suffix is None:
        return Broken(short_key(url), NO_PAGE)
    body = fetched.body if suffix == ".pdf" else _as_declared(fetched)
    seen = _parsed(body, suffix, around.temporary)
    said = "\n".join([seen.title, *(block.text for block in seen.blocks)])
    last = unquote(check_url(fetched.url).path.rstrip("/").rpartition("/")[2])
    title = (seen.title if seen.title != _NAMELESS else last or check_url(url).host)[:_LONGEST_TITLE]
    name = title.removesuffix(suffix).replace("/", " ").replace("\\", " ") + suffix
    return Record(short_key(url), name, "", lambda: io.BytesIO(body), sha256(said.encode()).hexdigest())


_NAMELESS = "page"


def _as_declared(fetched: Fetched) -> bytes:
    """In UTF-8 and marked so, where the server states another encoding: the document is kept without its headers."""
    stated = Message()
    stated["Content-Type"] = fetched.headers.get("content-type", "")
    charset = stated.get_content_charset("utf-8")
    try:
        if codecs.lookup(charset).name == "utf-8":
            return fetched.body
        return codecs.BOM_UTF8 + fetched.body.decode(charset).encode()
    except (LookupError, UnicodeError):  # no such encoding, or a lie: the reader finds out
        return fetched.body


def _parsed(body: bytes, suffix: str, folder: Path) -> Parsed:
    """Read by a child process with limits, as uploads are: a page is as hostile as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, suffix=suffix) as file:
        file.write(body)
        file.flush()
        return parse(Path(file.name), _NAMELESS + suffix)
