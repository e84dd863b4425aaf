"""Files that are attached to a mail, read as its last parts: each under its name, its headings below that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import NamedTuple

from core.entities.reading import Block, Finding, Parsed
from core.errors import ParseFailed
from rag.readers.limits import Limits

_MOST = 50  # of one mail
_LOWEST_HEADING = 6


class Attachment(NamedTuple):
    name: str
    content: Callable[[], bytes]


class Contents(NamedTuple):
    """`left` are the names of files that were not read, or not as a whole."""

    blocks: list[Block]
    findings: list[Finding]
    left: list[str]


def contents(attached: Sequence[Attachment], limits: Limits) -> Contents:
    """`limits.characters` holds for all of them together, `limits.mails` says how far mails within mails are opened."""
    found = Contents([], [], [one.name for one in attached[_MOST:]])
    room = limits.characters
    for one in attached[:_MOST]:
        try:
            parsed = _read(one, replace(limits, characters=room, mails=limits.mails - 1))
        except MemoryError:
            raise
        except Exception:  # whatever a parser makes of hostile bytes: the rest of the mail is read all the same
            found.left.append(one.name)
            continue
        if not parsed.blocks or parsed.unread:
            found.left.append(one.name)
        if parsed.blocks:
            found.blocks.append(Block(one.name, "heading", 1))
            found.blocks.extend(map(_below, parsed.blocks))
        found.findings.extend(replace(finding, page=None) for finding in parsed.findings)
        room -= sum(len(block.text) for block in parsed.blocks)
    return found


def _read(one: Attachment, limits: Limits) -> Parsed:
    from rag.readers import READERS, suffix_of  # which know this module

    reader = READERS[suffix_of(one.name)]
    if limits.mails < 0:
        raise ParseFailed
    with NamedTemporaryFile() as file:
        file.write(one.content())
        file.flush()
        parsed = reader(Path(file.name), limits)
    if sum(len(block.text) for block in parsed.blocks) > limits.characters:
        raise ParseFailed
    return parsed


def _below(block: Block) -> Block:
    """A page of an attached file is none of the mail's."""
    return replace(block, page=None, level=min(_LOWEST_HEADING, block.level + 1) if block.level else 0)
