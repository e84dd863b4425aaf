"""The exported embedding model, shared by all tests of the engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import ROOT, Settings
from rag.embedding.spec import model_dir


@pytest.fixture(scope="session")
def model_settings() -> Settings:
    """Settings whose data folder holds the exported model; it outlives the run, so only the first one exports."""
    settings = Settings(_env_file=None, var_dir=ROOT / "var" / "test-models")
    # In a process of its own, as at start-up: torch must not come into this one.
    subprocess.run([sys.executable, "-m", "rag.export", "--var", str(settings.var_dir)], cwd=ROOT, check=True)
    return settings


@pytest.fixture(scope="session")
def model_path(model_settings: Settings) -> Path:
    return model_dir(model_settings)
