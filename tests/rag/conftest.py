"""The exported embedding model, and answers as readers get them: shared by all tests of the engine."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.entities.retrieval import Retrieval
from core.settings import ROOT, Settings
from rag.answering import Draft
from rag.embedding.spec import model_dir
from rag.prompting import Brief
from rag.providers import Params, get
from rag.providers.choice import Choice
from tests.rag.drafting import QUESTION, Read, as_reader
from tests.servers.ollama import OllamaServer


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


@pytest.fixture
def write(ollama: OllamaServer, settings: Settings) -> Callable[..., Read]:
    """Drafts an answer and returns what a reader has of it; the model is Ollama's unless a provider is named."""
    own = settings.model_copy(update={"ollama_url": ollama.url})

    def write(retrieval: Retrieval | None, provider: str = "ollama", **values: Any) -> Read:
        brief = Brief("Be brief.", QUESTION, "en", retrieval=retrieval, searched="Documents")
        choice = Choice(get(provider), "llama3.1:8b" if provider == "ollama" else provider, auto=False)
        draft = Draft(brief, choice, values.pop("params", Params()), own)
        return asyncio.run(as_reader(draft))

    return write
