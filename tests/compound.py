"""Writes small compound files ([MS-CFB]), the outer shape of Outlook's MSG, and mails in them."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Union

SECTOR, MINI = 512, 64
_FREE, _END, _FAT_SECTOR, _NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
_CUTOFF = 4096  # bytes; shorter streams live in the mini stream
_STORAGE, _STREAM, _ROOT = 1, 2, 5

Tree = Mapping[str, Union[bytes, "Tree"]]


@dataclass
class _Entry:
    name: str
    kind: int
    start: int = 0
    size: int = 0
    child: int = _NONE
    right: int = _NONE
    children: list[int] = field(default_factory=list)

    def packed(self) -> bytes:
        name = self.name.encode("utf-16-le") + b"\0\0"
        head = name.ljust(64, b"\0") + struct.pack("<HBB", len(name), self.kind, 1)
        links = struct.pack("<III", _NONE, self.right, self.child)
        return head + links + bytes(16 + 4 + 16) + struct.pack("<IQ", self.start, self.size)


def compound(tree: Tree) -> bytes:
    """Storages are mappings, streams bytes."""
    entries, mini, mini_fat, large = [_Entry("Root Entry", _ROOT)], bytearray(), list[int](), list[_Large]()
    _add(tree, 0, entries, mini, mini_fat, large)
    table = _padded(struct.pack(f"<{len(mini_fat)}I", *mini_fat), SECTOR, b"\xff")
    directory = _padded(bytes(128 * len(entries)), SECTOR)
    parts = [directory, table, _padded(bytes(mini), SECTOR), *(_padded(one.content, SECTOR) for one in large)]
    sectors = sum(map(len, parts)) // SECTOR
    fats = -(-sectors // (SECTOR // 4 - 1))
    starts, chain = [], [_FAT_SECTOR] * fats
    for part in parts:
        starts.append(len(chain))
        count = len(part) // SECTOR
        chain += [*range(len(chain) + 1, len(chain) + count), _END] if count else []
    entries[0].start, entries[0].size = starts[2], len(mini)
    for one, start in zip(large, starts[3:], strict=True):
        one.entry.start = start
    parts[0] = _padded(b"".join(entry.packed() for entry in _linked(entries)), SECTOR)
    fat = struct.pack(f"<{len(chain)}I", *chain).ljust(SECTOR * fats, b"\xff")
    return _header(starts[0], starts[1], len(table) // SECTOR, fats) + fat + b"".join(parts)


@dataclass(frozen=True)
class _Large:
    """A stream that has sectors of its own."""

    entry: _Entry
    content: bytes


def _add(
    tree: Tree, parent: int, entries: list[_Entry], mini: bytearray, mini_fat: list[int], large: list[_Large]
) -> None:
    for name, content in tree.items():
        entries[parent].children.append(len(entries))
        if isinstance(content, bytes) and len(content) >= _CUTOFF:
            entries.append(_Entry(name, _STREAM, 0, len(content)))
            large.append(_Large(entries[-1], content))
        elif isinstance(content, bytes):
            first, count = len(mini_fat), -(-len(content) // MINI)
            entries.append(_Entry(name, _STREAM, first if count else _END, len(content)))
            mini += _padded(content, MINI)
            mini_fat += [*range(first + 1, first + count), _END] if count else []
        else:
            entries.append(_Entry(name, _STORAGE))
            _add(content, len(entries) - 1, entries, mini, mini_fat, large)


def _linked(entries: list[_Entry]) -> list[_Entry]:
    for entry in entries:
        for this, following in pairwise([*entry.children, _NONE]):
            entries[this].right = following
        entry.child = entry.children[0] if entry.children else _NONE
    return entries


def _padded(content: bytes, size: int, filling: bytes = b"\0") -> bytes:
    return content + filling * (-len(content) % size)


def _header(directory: int, mini_fat: int, mini_sectors: int, fats: int) -> bytes:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, fats, directory, 0, _CUTOFF, mini_fat, mini_sectors, _END, 0)
    head += struct.pack(f"<{fats}I", *range(fats))
    return head.ljust(SECTOR, b"\xff")


# --- mails ----------------------------------------------------------------------------------------------------------

_SUBJECT, _BODY, _FROM, _NAME, _ADDRESS, _FILE, _CLASS = 0x37, 0x1000, 0x0C1F, 0x3001, 0x39FE, 0x3707, 0x1A


def msg(subject: str, body: str, sender: str = "", to: str = "", attached: tuple[str, ...] = ()) -> bytes:
    tree = dict(_properties({_SUBJECT: subject, _BODY: body, _FROM: sender, _CLASS: "IPM.Note"}, 32))
    if to:
        tree["__recip_version1.0_#00000000"] = _properties({_NAME: to, _ADDRESS: to}, 8)
    for number, name in enumerate(attached):
        tree[f"__attach_version1.0_#{number:08X}"] = _properties({_FILE: name}, 8)
    return compound(tree)


def _properties(values: Mapping[int, str], header: int) -> dict[str, bytes | Tree]:
    """Texts as UTF-16 streams, and the stream that lists them."""
    streams: dict[str, bytes | Tree] = {}
    listed = bytes(header)
    for name, value in values.items():
        raw = value.encode("utf-16-le")
        streams[f"__substg1.0_{name:04X}001F"] = raw
        listed += struct.pack("<IIII", name << 16 | 0x1F, 6, len(raw) + 2, 0)
    streams["__properties_version1.0"] = listed
    return streams
