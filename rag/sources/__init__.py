"""Sources besides upload, one module per kind; a new kind is one module, one line in `KINDS` and one in the form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from core.entities.sources import SourceKind
from rag.sources import database, folder, rest, web
from rag.sources.base import Config, Records, Surroundings, checked
from rag.sources.limits import Limits
from rag.sources.network import Reach, clean_host

__all__ = ["KINDS", "Config", "Kind", "Limits", "Reach", "Records", "Surroundings", "checked", "clean_host"]


@dataclass(frozen=True, slots=True)
class Kind:
    """`read` yields the records as they are asked for; what it raises ends the reading, and then nothing counts as
    gone."""

    config: type[Config]
    read: Callable[[Any, Surroundings], Records]


KINDS: Mapping[SourceKind, Kind] = {
    SourceKind.FOLDER: Kind(folder.FolderConfig, folder.read),
    SourceKind.DATABASE: Kind(database.DatabaseConfig, database.read),
    SourceKind.REST: Kind(rest.RestConfig, rest.read),
    SourceKind.WEB: Kind(web.WebConfig, web.read),
}
