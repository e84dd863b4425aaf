"""Documents, docstrings and comments name only files, modules and things in them that exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.settings import ROOT

ROOMS = sorted({path.parent.name for path in ROOT.glob("*/__*__.py")})
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PLACEHOLDERS = {"NOUN", "MODULE"}

_ROOM = "|".join(ROOMS)
_QUOTED = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(rf"(?:{_ROOM}|docs)(?:/[\w-]+)+(?:\.\w+)?")
_FILENAME = re.compile(r"\w+\.py")
_DOTTED = re.compile(rf"(?:{_ROOM})(?:\.\w+)+")


def modules() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def missing(text: str) -> Iterator[str]:
    """Of what stands in backticks in `text`, the paths and dotted names that lead nowhere."""
    for quoted in _QUOTED.findall(text):
        if PLACEHOLDERS & set(re.findall(r"\w+", quoted)):
            continue
        if found := _PATH.match(quoted):
            if not (ROOT / found[0]).exists():
                yield found[0]
        elif found := _DOTTED.match(quoted):
            if not is_defined(found[0].split(".")):
                yield found[0]
        elif _FILENAME.fullmatch(quoted) and not any(path.name == quoted for path in modules()):
            yield quoted


def is_defined(parts: list[str]) -> bool:
    """Whether they are a package or module, and then words of its text."""
    for last in range(len(parts), 0, -1):
        folder = ROOT.joinpath(*parts[:last])
        module = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
        if module.exists():
            text = module.read_text()
            return all(re.search(rf"\b{part}\b", text) for part in parts[last:])
    return False


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_exists(page: Path) -> None:
    assert list(missing(page.read_text())) == []


def test_what_a_module_names_exists() -> None:
    found = {str(path.relative_to(ROOT)): list(missing(path.read_text())) for path in modules()}
    assert {path: names for path, names in found.items() if names} == {}


def test_what_is_gone_is_noticed() -> None:
    there = ["rag/retrieval.py", "rag.retrieval.Retriever", "rag.retrieval", "docs/house.md", "data/stores/NOUN.py"]
    gone = ["rag/gone.py", "rag.gone", "rag.retrieval.gone", "gone.py"]
    assert list(missing(" ".join(f"`{name}`" for name in [*there, *gone]))) == gone
