"""A server of articles on loopback, and surroundings in which it may be reached."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.entities.sources import Host
from rag.sources import Limits, Reach, Surroundings
from tests.servers.articles import ArticleServer, serving


@pytest.fixture
def server() -> Iterator[ArticleServer]:
    with serving() as server:
        yield server


@pytest.fixture
def around(tmp_path: Path) -> Surroundings:
    """This machine by name, and the folder `root`."""
    (tmp_path / "root").mkdir()
    reach = Reach([Host("127.0.0.1")])
    return Surroundings(reach, (tmp_path / "root",), Limits(seconds=20), tmp_path / "scratch")
