"""Checks that a file's bytes are what its suffix says, before a parser sees them."""

from __future__ import annotations

import zipfile
from pathlib import Path

from core.errors import ParseFailed
from rag.readers.limits import Limits

PASSWORD = "The file is protected by a password. Remove the protection and upload it again."  # noqa: S105  a sentence
WRONG_CONTENT = "The file is named %(suffix)s, but its content is of another kind. Check it, or save it as %(suffix)s."
OLD_FORMAT = "The file is in the old binary format of Office. Save it as %(suffix)s and upload it again."
TOO_BIG_UNPACKED = "The file unpacks to more than the limit of %(megabytes)s MB. Split it and upload the parts."

_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_ENCRYPTED_MEMBER = 0x1
_BINARY_STARTS = (
    b"%PDF-",
    b"PK\x03\x04",
    _COMPOUND_FILE,
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"\x7fELF",
)


def require_pdf(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(1024)
    if b"%PDF-" not in start:
        raise ParseFailed(WRONG_CONTENT, suffix=".pdf")


def require_text(data: bytes, suffix: str) -> None:
    if data.startswith(_BINARY_STARTS):
        raise ParseFailed(WRONG_CONTENT, suffix=suffix)


def require_office(path: Path, folder: str, suffix: str, limits: Limits) -> None:
    """`folder` is where the format keeps its parts (`word`, `xl`, `ppt`)."""
    with path.open("rb") as file:
        start = file.read(8)
    if start == _COMPOUND_FILE:
        protected = _ENCRYPTED_PACKAGE in path.read_bytes()
        raise ParseFailed(PASSWORD) if protected else ParseFailed(OLD_FORMAT, suffix=suffix)
    if not start.startswith(b"PK"):
        raise ParseFailed(WRONG_CONTENT, suffix=suffix)
    _check_members(path, f"{folder}/", suffix, limits)


def require_zip(path: Path, part: str, suffix: str, limits: Limits) -> None:
    """`part` is what every file of the format has within."""
    with path.open("rb") as file:
        start = file.read(2)
    if start != b"PK":
        raise ParseFailed(WRONG_CONTENT, suffix=suffix)
    _check_members(path, part, suffix, limits)


def _check_members(path: Path, part: str, suffix: str, limits: Limits) -> None:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
    # A member cannot unpack to more than it declares here: zipfile stops there and reports a wrong checksum.
    if sum(member.file_size for member in members) > limits.unpacked_mb * 1_000_000:
        raise ParseFailed(TOO_BIG_UNPACKED, megabytes=limits.unpacked_mb)
    if any(member.flag_bits & _ENCRYPTED_MEMBER for member in members):
        raise ParseFailed(PASSWORD)
    if not any(member.filename.startswith(part) for member in members):
        raise ParseFailed(WRONG_CONTENT, suffix=suffix)
