"""docs/proof.md names only what exists: every test, every measurement and every target of make in it."""

from __future__ import annotations

import re

import pytest

from bench.__main__ import PARTS
from core.settings import ROOT

PROOF = (ROOT / "docs" / "proof.md").read_text()
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PROOF)))


@pytest.mark.parametrize(("path", "name"), TESTS)
def test_every_test_that_is_named_exists(path: str, name: str) -> None:
    text = (ROOT / path).read_text()
    assert f"def {name or 'test_'}" in text
    assert not name or f"def {name}(" in text


def test_every_measurement_and_its_results_exist() -> None:
    measured = set(re.findall(r"`bench (\w+)`", PROOF)) - {"NAME"}
    kept = set(re.findall(r"bench/results/(\w+)\.md", PROOF))
    assert measured
    assert measured | kept <= set(PARTS)


def test_every_target_of_make_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"`make (\w+)`", PROOF)) <= targets


def test_every_soak_test_is_named() -> None:
    there = {f"tests/soak/{path.name}" for path in (ROOT / "tests" / "soak").glob("test_*.py")}
    assert there <= {path for path, _name in TESTS}
