"""How much a document may cost before reading it is given up."""

from __future__ import annotations

from dataclasses import dataclass

TOO_MUCH_TEXT = "The file has more text than the limit of %(characters)s characters. Split it and upload the parts."


@dataclass(frozen=True, slots=True)
class Limits:
    """`pages` also counts slides; `characters` is the text of the whole document; `unpacked_mb` is what a zipped
    format (DOCX, XLSX, PPTX) may hold unpacked. `memory_mb` bounds the address space of the reading process,
    `cpu_seconds` its computing time and `seconds` the time on the clock, all for one document. Pages that are pictures
    are recognised one by one, each within `page_seconds`, and the first `pictures` of a document only. `mails` is how
    many mails attached within each other are opened."""

    pages: int = 5_000
    characters: int = 20_000_000
    unpacked_mb: int = 500
    memory_mb: int = 1_024
    cpu_seconds: int = 120
    seconds: int = 300
    page_seconds: int = 60
    pictures: int = 500
    mails: int = 3
