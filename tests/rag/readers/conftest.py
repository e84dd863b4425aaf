from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def without_tesseract(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine on which no program is found by its name."""
    monkeypatch.setenv("PATH", str(tmp_path))
