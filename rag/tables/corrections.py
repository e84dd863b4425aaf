"""Kinds that people chose, found again in the same file, in a newer version of it, or by a newer recogniser."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from core.entities.sheets import Correction, Kind
from rag.tables.headers import unit

JOINED = " · "  # between the name of a sheet and that of one of its tables


def chosen(
    corrections: Sequence[Correction], title: str, titles: Collection[str], names: Sequence[str]
) -> dict[int, Kind]:
    """The kinds by the place of the column in the table `title` of a file with `titles`, whose columns have `names`.

    A correction is for the table with its title, or where that one is no more for all of its sheet; and there for the
    column of its name, with or without a unit. Later ones win.
    """
    kinds: dict[int, Kind] = {}
    for one in corrections:
        if one.title == title or (one.title not in titles and _same_sheet(one.title, title)):
            places = _places(one.header, names)
            if len(places) == 1:
                kinds[places[0]] = one.kind
    return kinds


def _same_sheet(one: str, other: str) -> bool:
    """A file that has no sheets is one."""
    return not (one and other) or one.split(JOINED)[0] == other.split(JOINED)[0]


def _places(header: str, names: Sequence[str]) -> list[int]:
    exact = [at for at, name in enumerate(names) if name == header]
    return exact or [at for at, name in enumerate(names) if _bare(name) == _bare(header)]


def _bare(name: str) -> str:
    return unit(name)[0].casefold()
