"""Readers turn a file into `Parsed`, one module per format; a new format is one function and one line in `READERS`.

A file is read in two steps, so that hundreds of scanned pages are neither one long wait nor all lost to one bad page:
`layers` gives the text that the file holds and names the pages that are pictures, `ocr.page_text` recognises each of
those, and `finished` puts both together.

They are imported by the process that reads and by the one that only asks what can be read, so each module imports
its format's library inside its functions: a text file must not wait for the library of spreadsheets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from core.entities.reading import Block, Parsed
from core.errors import NichewiseError, ParseFailed, UnsupportedFormat
from rag.readers import csv, docx, epub, html, image, json, mail, markdown, ocr, odt, pdf, pptx, rtf, text, xlsx, xml
from rag.readers import instructions as addressed
from rag.readers.content import OLD_FORMAT
from rag.readers.limits import TOO_MUCH_TEXT, Limits
from rag.readers.recognised import with_recognised

__all__ = ["READERS", "Limits", "finished", "layers", "read", "suffix_of", "supported"]

Reader = Callable[[Path, Limits], Parsed]

READERS: Mapping[str, Reader] = {
    ".pdf": pdf.read,
    ".txt": text.read,
    ".md": markdown.read,
    ".docx": docx.read,
    ".xlsx": xlsx.read,
    ".csv": csv.read,
    ".pptx": pptx.read,
    ".html": html.read,
    ".htm": html.read,
    ".odt": odt.read,
    ".rtf": rtf.read,
    ".epub": epub.read,
    ".eml": mail.read_eml,
    ".msg": mail.read_msg,
    ".json": json.read,
    ".xml": xml.read,
    ".tsv": csv.read_tsv,
    **dict.fromkeys(image.FORMATS, image.read),
}

OLD = {".doc": ".docx", ".dot": ".docx", ".xls": ".xlsx", ".xlt": ".xlsx", ".ppt": ".pptx", ".pps": ".pptx"}
"""Formats that Office itself has left, and what it saves them as."""

DAMAGED = "The file is damaged or cut off and could not be read. Open it, save it again and upload the new copy."
EMPTY = "The file has no text."

# PostgreSQL refuses NUL, UTF-8 refuses lone surrogates, and the other control characters show as boxes.
_UNWANTED = dict.fromkeys([*(n for n in range(32) if n not in (9, 10)), 127, 0xFEFF, 0xFFFE, 0xFFFF])
_UNWANTED |= dict.fromkeys(range(0xD800, 0xE000))


def supported() -> tuple[str, ...]:
    """Suffixes that can be read, with their dot, in lower case."""
    return tuple(READERS)


def suffix_of(filename: str) -> str:
    """The suffix that chooses the reader; raises UnsupportedFormat where there is none, which says
    what can be read or what to save it as."""
    suffix = Path(filename).suffix.lower()
    if suffix in OLD:
        raise UnsupportedFormat(OLD_FORMAT, suffix=OLD[suffix])
    if suffix not in READERS:
        raise UnsupportedFormat(formats=", ".join(known.lstrip(".").upper() for known in READERS))
    return suffix


def read(path: Path, filename: str, limits: Limits | None = None) -> Parsed:
    """What is in the file at `path`, read as its `filename` says, in this process.

    Always has text and a title (the file's name where it has no other). Raises UnsupportedFormat, or ParseFailed with
    a sentence for the uploader. Memory and time are bounded by `rag.parsing`, not here.
    """
    limits = limits or Limits()
    parsed = layers(path, filename, limits)
    pictures = parsed.unread[: limits.pictures] if ocr.available() else ()
    return finished(parsed, {page: ocr.page_text(path, suffix_of(filename), page, limits) for page in pictures}, limits)


def layers(path: Path, filename: str, limits: Limits) -> Parsed:
    """The text that the file itself holds; pages that are pictures are `unread`. Raises as `read` does."""
    reader = READERS[suffix_of(filename)]
    if path.stat().st_size == 0:
        raise ParseFailed("The file is empty.")
    try:
        parsed = reader(path, limits)
    except (NichewiseError, MemoryError):
        raise
    except Exception as error:
        # Parsers meet hostile bytes with any exception there is; whatever it was, the file is what cannot be read.
        raise ParseFailed(DAMAGED) from error
    cleaned = _clean(parsed, Path(filename).stem)
    return replace(cleaned, findings=(*cleaned.findings, *addressed.findings((Block(cleaned.title), *cleaned.blocks))))


def finished(parsed: Parsed, recognised: Mapping[int, str], limits: Limits) -> Parsed:
    """`parsed` with the text of the pages that were recognised, and notes about those that are pictures."""
    whole = with_recognised(parsed, {page: _tidy(words) for page, words in recognised.items()})
    return _checked(whole, limits)


def _clean(parsed: Parsed, name: str) -> Parsed:
    blocks = (replace(block, text=_tidy(block.text)) for block in parsed.blocks)
    return replace(
        parsed,
        blocks=tuple(block for block in blocks if block.text),
        title=" ".join(_tidy(parsed.title).split()) or name,
        tags=tuple(filter(None, map(_tidy, parsed.tags))),
        metadata={_tidy(key): _tidy(value) for key, value in parsed.metadata.items()},
    )


def _tidy(value: str) -> str:
    return value.translate(_UNWANTED).strip()


def _checked(parsed: Parsed, limits: Limits) -> Parsed:
    if not any(_says_something(block) for block in parsed.blocks):
        raise ParseFailed(EMPTY)
    if sum(len(block.text) for block in parsed.blocks) > limits.characters:
        raise ParseFailed(TOO_MUCH_TEXT, characters=limits.characters)
    return parsed


def _says_something(block: Block) -> bool:
    return any(character.isalnum() for character in block.text)
