"""Finds every sentence that people may read: marked ones, those given to errors, and constants that are sentences.

It reads syntax trees, because Babel's own extraction does not look into f-strings. What stops the start is left out:
it is said in the terminal, in English.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog

from core.settings import ROOT

ROOMS = ("pages", "components", "core", "services", "scenarios", "rag", "data", "niches", "api", "jobs", "voice")
_SAYING = ("rag", "services", "scenarios", "api")  # rooms whose upper-case constants are sentences for people
_SENTENCE = re.compile(r"[A-Z“].* .*[.?!]", re.DOTALL)
Found = tuple[str, int, str | tuple[str, ...]]  # path, line, sentence or its singular and plural


@cache
def marks() -> dict[str, slice]:
    """What is called with a sentence, and which of its arguments are the sentence."""
    raised = {name: slice(0, 1) for name in _error_names()}
    return {
        "_": slice(0, 1),
        "N_": slice(0, 1),
        "ngettext": slice(0, 2),
        "ntranslate": slice(1, 3),
        "translate": slice(1, 2),
        "Refusal": slice(1, 2),
        **raised,
    }


def _error_names() -> set[str]:
    """Our errors and what is made of them anywhere, but for what stops the start."""
    classes = [node for path in sources() for node in ast.walk(_tree(path)) if isinstance(node, ast.ClassDef)]
    names: set[str] = {"NichewiseError"}
    while (
        found := {one.name for one in classes if {_name(base) for base in one.bases} & names} - names - {"StartupError"}
    ):
        names |= found
    return names


def extracted() -> Catalog:
    catalogue = Catalog()
    for path in sources():
        for where, line, sentence in (*_marked(path), *_constants(path)):
            catalogue.add(sentence, locations=[(where, line)])
    return catalogue


def sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((ROOT / room).rglob("*.py"))


def calls(path: Path) -> Iterator[tuple[ast.Call, slice]]:
    """Every call in a file that is given a sentence."""
    known = marks()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call) and (place := known.get(_name(node.func))):
            yield node, place


def _marked(path: Path) -> Iterator[Found]:
    for node, place in calls(path):
        texts = [one.value for one in node.args[place] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if texts and texts[0]:
            yield _shown(path), node.lineno, tuple(texts) if len(texts) > 1 else texts[0]


def _constants(path: Path) -> Iterator[Found]:
    """`DAMAGED = "The file is damaged."` at the top of a module, given to an error by its name; each error class's own
    sentence; and what a class is called where people choose it."""
    saying = path.relative_to(ROOT).parts[0] in _SAYING
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.ClassDef):
            said = "sentence" if node.name in marks() else "label"
            yield from (_found(path, one) for one in node.body if _target(one) == said)
        if saying and isinstance(node, ast.Module):
            yield from (found for one in node.body if _SENTENCE.fullmatch(str((found := _found(path, one))[2])))


def _target(node: ast.stmt) -> str:
    return _name(node.targets[0]) if isinstance(node, ast.Assign) else ""


def _found(path: Path, node: ast.stmt) -> Found:
    """The text that is assigned here; empty where it is no text."""
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    text = value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""
    return _shown(path), node.lineno, text


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
