"""Whether an embedding model could be used here and now, told without loading it."""

from __future__ import annotations

from pathlib import Path

import httpx

from core.errors import Unavailable
from core.settings import Settings
from rag.embedding.spec import BUILTIN, EmbeddingSpec, model_dir

NOT_EXPORTED = "The embedding model is not installed on this machine. Run: python -m rag.export."
NOT_PULLED = "Ollama does not have the embedding model. Run: ollama pull %(model)s."
NO_SERVER = "The embedding server at %(url)s does not answer. Run: ollama serve."
NO_FOLDER = "There is no model in the folder %(model)s. Put it back there."
NOT_DOWNLOADED = "The embedding model %(model)s is not on this machine. Run: hf download %(model)s."
_SECONDS = 2.0
_FILES = ("config.json", "modules.json")  # every model that sentence-transformers loads has one of them


def problem(settings: Settings, spec: EmbeddingSpec) -> Unavailable | None:
    """Why `spec` cannot be loaded, with what to run; None where nothing speaks against it. Asks a model server for at
    most two seconds, else looks at the disk alone."""
    kind, _, name = spec.name.partition(":")
    if spec.name == BUILTIN.name:
        return None if (model_dir(settings) / "manifest.json").exists() else Unavailable(NOT_EXPORTED)
    return _folder_or_cache(name) if kind == "huggingface" else _pulled(name, settings.ollama_url)


def _pulled(name: str, url: str) -> Unavailable | None:
    try:
        answer = httpx.get(f"{url.rstrip('/')}/api/tags", timeout=_SECONDS).raise_for_status().json()
        names = {str(model["name"]) for model in answer["models"]}
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
        return Unavailable(NO_SERVER, url=url)
    return None if {name, f"{name}:latest"} & names else Unavailable(NOT_PULLED, model=name)


def _folder_or_cache(name: str) -> Unavailable | None:
    folder = Path(name).expanduser()
    if folder.is_absolute() or folder.exists():
        there = any((folder / file).is_file() for file in _FILES)
        return None if there else Unavailable(NO_FOLDER, model=name)
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        # Models of sentence-transformers may be named without their owner.
        cached = (try_to_load_from_cache(repo, file) for repo in _repositories(name) for file in _FILES)
        return None if any(isinstance(found, str) for found in cached) else Unavailable(NOT_DOWNLOADED, model=name)
    except HFValidationError:
        return Unavailable(NOT_DOWNLOADED, model=name)


def _repositories(name: str) -> tuple[str, ...]:
    return (name,) if "/" in name else (name, f"sentence-transformers/{name}")
