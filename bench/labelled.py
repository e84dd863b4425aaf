"""The labelled sets of `bench/data`: questions with their scenario, attacks and their benign look-alikes."""

from __future__ import annotations

from typing import NamedTuple

from core.settings import ROOT

DATA = ROOT / "bench" / "data"


class Question(NamedTuple):
    scenario: str
    language: str
    text: str


class Attempt(NamedTuple):
    kind: str  # attack or benign
    text: str

    @property
    def attack(self) -> bool:
        return self.kind == "attack"


def _rows(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def questions(name: str = "router_test.tsv") -> list[Question]:
    return [Question(*row) for row in _rows(name)]


def attempts(name: str = "guard_test.tsv") -> list[Attempt]:
    return [Attempt(kind, _unescaped(text)) for kind, text in _rows(name)]


def _unescaped(text: str) -> str:
    """`\\n`, `\\u200b`, `\\u00ad` and `\\\\` as they are written in the files, where hidden characters must be seen."""
    kept = text.replace("\\\\", "\0")
    for written, meant in (("\\n", "\n"), ("\\u200b", "\u200b"), ("\\u00ad", "\u00ad")):
        kept = kept.replace(written, meant)
    return kept.replace("\0", "\\")
