"""What is in a ZIP, and whether it may be unpacked at all; nothing is unpacked here."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import BinaryIO

from core.errors import BadInput, TooLarge
from services.files.intake import clean_filename

NOT_A_ZIP = "The file is named .zip, but it is none, or it is cut off. Pack it again and upload it."
PASSWORD = "The ZIP is protected by a password. Unpack it and pack it again without one."  # noqa: S105  a sentence
NOTHING_WITHIN = "The ZIP holds no files."
TOO_MANY = "The ZIP holds more than %(limit)s files. Split it and upload the parts."
TOO_BIG = "The ZIP unpacks to more than %(limit)s MB. Split it and upload the parts."
BOMB = "The ZIP unpacks to more than %(limit)s times its size, as no honest archive does."

_MOST_RATIO = 200  # unpacked to packed; text packs to a tenth, and zeros to a thousandth
_SMALL = 10 << 20  # bytes, unpacked, below which no ratio is looked at
_ENCRYPTED = 0x1
_UTF8_NAME = 0x800
_LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """`megabytes` are those of all files unpacked."""

    files: int
    megabytes: int


def is_archive(filename: str) -> bool:
    return PurePosixPath(filename).suffix.lower() == ".zip"


def members_of(packed: BinaryIO, size: int, limits: ZipLimits) -> list[zipfile.ZipInfo]:
    """The members that are files of people; `size` is that of the ZIP in bytes, 0 where it is not known.

    Raises `BadInput` or `TooLarge` for what must not be unpacked.
    """
    try:
        with zipfile.ZipFile(packed) as archive:
            members = [member for member in archive.infolist() if _is_a_file(member)]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise BadInput(NOT_A_ZIP) from error
    unpacked = sum(member.file_size for member in members)
    if not members:
        raise BadInput(NOTHING_WITHIN)
    if len(members) > limits.files:
        raise BadInput(TOO_MANY, limit=limits.files)
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise BadInput(PASSWORD)
    if unpacked > limits.megabytes << 20:
        raise TooLarge(TOO_BIG, limit=limits.megabytes)
    if unpacked > _SMALL and size and unpacked > _MOST_RATIO * size:
        raise BadInput(BOMB, limit=_MOST_RATIO)
    return members


def names_of(members: Sequence[zipfile.ZipInfo]) -> list[str]:
    """What the documents are called: the path within the archive, without the folder that holds everything.

    Folders stay in the name, so that two files of one name are not taken for versions of one document.
    """
    paths = [_safe_parts(_decoded(member)) for member in members]
    shared = {path[0] for path in paths if len(path) > 1}
    if len(shared) == 1 and all(len(path) > 1 for path in paths):
        paths = [path[1:] for path in paths]
    return [clean_filename(" - ".join(path)) if path else "?" for path in paths]


def _is_a_file(member: zipfile.ZipInfo) -> bool:
    """Neither a folder, nor a link, nor what systems leave in archives."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    name = member.filename.replace("\\", "/")
    litter = any(part in name for part in _LITTER) or PurePosixPath(name).name.startswith("._")
    return not member.is_dir() and kind in (0, stat.S_IFREG) and not litter


def _safe_parts(name: str) -> list[str]:
    parts = PurePosixPath(PureWindowsPath(name).as_posix()).parts
    return [
        part.replace("/", "").replace(":", "") for part in parts if part not in ("..", ".", "/") and part.strip("/. ")
    ]


def _decoded(member: zipfile.ZipInfo) -> str:
    """The name as it was meant: Windows writes Russian ones in cp866 and does not say so."""
    if member.flag_bits & _UTF8_NAME or member.filename.isascii():
        return member.filename
    try:
        raw = member.filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    russian = raw.decode("cp866", "replace")
    letters = [letter for letter in russian if letter.isalpha() and not letter.isascii()]
    return russian if letters and all("а" <= letter.lower() <= "ё" for letter in letters) else member.filename
