"""Finds every sentence that people may read: marked ones, those given to errors, and constants that are sentences.

It reads syntax trees, because Babel's own extraction does not look into f-strings. What stops the start is left out:
it is said in the terminal, in English.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog

from core import errors
from core.settings import ROOT

ROOMS = ("pages", "components", "core", "services", "scenarios", "rag", "data", "niches", "api", "jobs", "voice")
_SAYING = ("rag", "services", "scenarios")  # rooms whose upper-case constants are sentences for people
_SENTENCE = re.compile(r"[A-Z“].* .*[.?!]", re.DOTALL)
Found = tuple[str, int, str | tuple[str, ...]]  # path, line, sentence or its singular and plural


def error_classes(root: type[errors.NichewiseError] = errors.NichewiseError) -> Iterator[type[errors.NichewiseError]]:
    yield root
    for child in root.__subclasses__():
        yield from error_classes(child)


def marks() -> dict[str, slice]:
    """What is called with a sentence, and which of its arguments are the sentence."""
    said = (one for one in error_classes() if not issubclass(one, errors.StartupError))
    raised = {error.__name__: slice(0, 1) for error in said}
    return {"_": slice(0, 1), "N_": slice(0, 1), "ngettext": slice(0, 2), "translate": slice(1, 2), **raised}


def extracted() -> Catalog:
    catalogue = Catalog()
    for path in sources():
        for where, line, sentence in (*_marked(path), *_constants(path)):
            catalogue.add(sentence, locations=[(where, line)])
    for error in error_classes():
        catalogue.add(error.sentence, locations=[("core/errors.py", 0)])
    return catalogue


def sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from sorted((ROOT / room).rglob("*.py"))


def calls(path: Path) -> Iterator[tuple[ast.Call, slice]]:
    """Every call in a file that is given a sentence."""
    known = marks()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and (place := known.get(_name(node.func))):
            yield node, place


def _marked(path: Path) -> Iterator[Found]:
    for node, place in calls(path):
        texts = [one.value for one in node.args[place] if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        if texts and texts[0]:
            yield _shown(path), node.lineno, tuple(texts) if len(texts) > 1 else texts[0]


def _constants(path: Path) -> Iterator[Found]:
    """`DAMAGED = "The file is damaged."` at the top of a module: it is given to an error by its name."""
    if path.relative_to(ROOT).parts[0] not in _SAYING:
        return
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
            text = node.value.value
            if isinstance(text, str) and _SENTENCE.fullmatch(text):
                yield _shown(path), node.lineno, text


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
