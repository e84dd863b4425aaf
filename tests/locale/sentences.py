"""Finds every sentence that people may read: marked ones, those given to errors, and constants that are sentences."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

from core import errors
from core.settings import ROOT

ROOMS = ("pages", "components", "core", "services", "scenarios", "rag", "data", "niches", "api", "jobs", "voice")
_SAYING = ("rag", "services", "scenarios")  # rooms whose upper-case constants are sentences for people
_SENTENCE = re.compile(r"[A-Z“][^\n]* [^\n]*[.?!]", re.DOTALL)


def error_classes(root: type[errors.NichewiseError] = errors.NichewiseError) -> Iterator[type[errors.NichewiseError]]:
    yield root
    for child in root.__subclasses__():
        yield from error_classes(child)


def keywords() -> dict[str, tuple[int, ...] | None]:
    """What marks a sentence: the function, and which of its arguments it is."""
    raised = {error.__name__: None for error in error_classes() if error.__module__ == "core.errors"}
    return {"_": None, "N_": None, "ngettext": (1, 2), "translate": (2,), **raised}


def extracted() -> Catalog:
    catalogue = Catalog()
    for room in ROOMS:
        for path, line, message, _comments, _context in extract_from_dir(
            ROOT / room, [("**.py", "python")], keywords=keywords()
        ):
            if message:
                catalogue.add(message, locations=[(f"{room}/{path}", line)])
    for error in error_classes():
        catalogue.add(error.sentence, locations=[("core/errors.py", 0)])
    for path, line, text in _constants():
        catalogue.add(text, locations=[(path, line)])
    return catalogue


def sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((ROOT / room).rglob("*.py"))


def _constants() -> Iterator[tuple[str, int, str]]:
    """`DAMAGED = "The file is damaged."` at the top of a module: it is given to an error by its name."""
    for path in (path for path in sources() if path.relative_to(ROOT).parts[0] in _SAYING):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
                text = node.value.value
                if isinstance(text, str) and _SENTENCE.fullmatch(text):
                    yield str(path.relative_to(ROOT)), node.lineno, text
