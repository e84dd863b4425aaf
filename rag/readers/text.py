"""Plain text, and the decoding of every format that is text."""

from __future__ import annotations

import codecs
import re
import unicodedata
from pathlib import Path

from core.entities.reading import Block, Parsed
from core.errors import ParseFailed
from rag.readers.content import WRONG_CONTENT, require_text
from rag.readers.limits import TOO_MUCH_TEXT, Limits

UNKNOWN_ENCODING = "The encoding of the text could not be recognised. Save the file as UTF-8 and upload it again."

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LEGACY = ["cp1251", "koi8_r", "cp866", "cp1252"]
_LONGEST_CHARACTER = 4
_FEW = 10
_SAMPLE = 200_000
_LOOKED_AT = 20_000  # characters
_NO_LETTERS = ("Cc", "Cn", "Co", "Cs")  # control, unassigned, private, half of a character
_MOST_ODD = 0.05


def read(path: Path, limits: Limits) -> Parsed:
    return Parsed(tuple(Block(part) for part in paragraphs(decoded(path, ".txt", limits))))


def paragraphs(text: str) -> list[str]:
    """Parts between empty lines."""
    return [part.strip() for part in re.split(r"\n[ \t]*\n|\f", text) if part.strip()]


def decoded(path: Path, suffix: str, limits: Limits) -> str:
    """The file's text with "\\n" line ends; raises ParseFailed for binary content, unknown encoding, too much text."""
    if path.stat().st_size > limits.characters * _LONGEST_CHARACTER:
        raise ParseFailed(TOO_MUCH_TEXT, characters=limits.characters)
    data = path.read_bytes()
    require_text(data, suffix)
    return decode(data, suffix).replace("\r\n", "\n").replace("\r", "\n")


def decode(data: bytes, suffix: str) -> str:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _of_letters(data.decode(encoding, "replace"), suffix)
    if b"\0" in data:
        return _decode_wide(data, suffix)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if 0 < len(data) - error.start < _LONGEST_CHARACTER:
            return data[: error.start].decode("utf-8")  # cut off within its last character
    repaired = data.decode("utf-8", "replace")
    return repaired if _is_nearly_whole(repaired) else _of_letters(_decode_legacy(data), suffix)


def _is_nearly_whole(repaired: str) -> bool:
    """A few broken bytes do not make UTF-8 another encoding, which would break all its other letters instead."""
    broken = repaired.count("\ufffd")
    return sum(not character.isascii() for character in repaired) > _FEW * broken


def _decode_wide(data: bytes, suffix: str) -> str:
    """UTF-16 without a mark has its zeros (spaces, digits, line ends) all on one side; anything else is binary."""
    even, odd = data[0::2].count(0), data[1::2].count(0)
    if min(even, odd) * 20 > max(even, odd):
        raise ParseFailed(WRONG_CONTENT, suffix=suffix)
    return _of_letters(data.decode("utf-16-be" if even > odd else "utf-16-le", "replace"), suffix)


def _of_letters(content: str, suffix: str) -> str:
    """`content`, unless it is full of what no text has: bytes of something else that can be decoded all the same."""
    sample = content[:_LOOKED_AT]
    odd = sum(unicodedata.category(one) in _NO_LETTERS and one not in "\n\r\t\f\0" for one in sample)
    if odd > max(2, _MOST_ODD * len(sample)):
        raise ParseFailed(WRONG_CONTENT, suffix=suffix)
    return content


def _decode_legacy(data: bytes) -> str:
    # Imported here: most texts are UTF-8 and never need it.
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE], cp_isolation=_LEGACY, enable_fallback=False).best()
    if best is None:
        raise ParseFailed(UNKNOWN_ENCODING)
    return data.decode(best.encoding, "replace")
