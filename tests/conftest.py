"""What every test stands on: a closed network, one real PostgreSQL, databases cloned from the migrated template."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr
from sqlalchemy import make_url

from core.secrets import cipher
from core.settings import ROOT, Settings
from data.database import Database
from data.embedded import EmbeddedPostgres
from data.migrate import upgrade
from services import container
from tests.servers import gemini as gemini_servers
from tests.servers import openai as openai_servers
from tests.servers import speech as speech_servers
from tests.servers.ollama import OllamaServer, serving
from tests.shared import memory, quick_folder

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
if in_memory := memory():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(in_memory))  # where `tmp_path` lies


def pytest_runtest_setup() -> None:
    from pytest_socket import socket_allow_hosts

    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server of the tests' own; NICHEWISE_TEST_DATABASE_URL names another one to run them on."""
    if outside := os.environ.get("NICHEWISE_TEST_DATABASE_URL"):
        yield outside
        return
    with quick_folder() as folder:
        server = EmbeddedPostgres(folder, durable=False, max_connections=300)
        yield server.start()
        server.stop()


def _named(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def template(postgres_url: str) -> Iterator[str]:
    """The name of a migrated, empty database."""
    name = f"template_{secrets.token_hex(4)}"
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        upgrade(_named(postgres_url, name))
        yield name
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database_url(postgres_url: str, template: str) -> Iterator[str]:
    """A database of this test alone."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_url, autocommit=True) as server:
        clone = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        server.execute(clone.format(sql.Identifier(name), sql.Identifier(template)))
        yield _named(postgres_url, name)
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, var_dir=tmp_path / "var", demo=False)


@pytest.fixture(scope="session")
def exported_model() -> Path:
    """The folder with the exported embedding model; it outlives the run, so only the first one exports."""
    folder = ROOT / "var" / "test-models"
    # In a process of its own, as at start-up: torch must not come into this one.
    subprocess.run([sys.executable, "-m", "rag.export", "--var", str(folder)], cwd=ROOT, check=True)
    return folder / "models"


@pytest.fixture(scope="session")
def whisper_model() -> Path:
    """The folder with the speech model of `tests.tiny_whisper`; it outlives the run, until its recipe changes."""
    recipe = hashlib.sha256((ROOT / "tests" / "tiny_whisper.py").read_bytes()).hexdigest()[:12]
    folder = ROOT / "var" / "test-models" / f"whisper-{recipe}"
    if not folder.exists():
        making = folder.with_name(f"making-{secrets.token_hex(4)}")
        subprocess.run([sys.executable, "-m", "tests.tiny_whisper", str(making)], cwd=ROOT, check=True)
        with suppress(OSError):  # another process of the tests was faster
            making.rename(folder)
        shutil.rmtree(making, ignore_errors=True)
    return folder


@pytest.fixture
def model(settings: Settings, exported_model: Path) -> None:
    """Gives the test's own folder the embedding model: for tests in which English text is indexed or searched."""
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    (settings.var_dir / "models").symlink_to(exported_model)


@pytest.fixture
def db(database_url: str, settings: Settings) -> Iterator[Database]:
    database = Database(database_url, cipher(settings))
    yield database
    database.close()


@pytest.fixture
def services(database_url: str, settings: Settings) -> Iterator[container.Services]:
    """The services as the product builds them, over this test's own database and folder."""
    built = container.build(settings, database_url)
    container.install(built)
    yield built
    container.install(None)
    built.close()


@pytest.fixture
def build_services(database_url: str) -> Iterator[Callable[[Settings], container.Services]]:
    """Builds services with other settings over the same database."""
    made: list[container.Services] = []

    def build(settings: Settings) -> container.Services:
        made.append(container.build(settings, database_url))
        return made[-1]

    yield build
    for built in made:
        built.close()


@pytest.fixture(scope="session")
def ollama_server() -> Iterator[OllamaServer]:
    with serving() as server:
        yield server


@pytest.fixture
def ollama(ollama_server: OllamaServer) -> OllamaServer:
    """A protocol-true Ollama server with a fresh script: `ollama.url`, `ollama.script.reply(...)`."""
    ollama_server.script.reset()
    return ollama_server


@pytest.fixture(scope="session")
def openai_server() -> Iterator[openai_servers.OpenAIServer]:
    with openai_servers.serving() as server:
        yield server


@pytest.fixture
def openai(openai_server: openai_servers.OpenAIServer) -> openai_servers.OpenAIServer:
    """A protocol-true OpenAI server with a fresh script; its address is `openai.base_url`."""
    openai_server.script.reset()
    openai_server.windows.clear()
    return openai_server


@pytest.fixture(scope="session")
def gemini_server() -> Iterator[gemini_servers.GeminiServer]:
    with gemini_servers.serving() as server:
        yield server


@pytest.fixture
def gemini(gemini_server: gemini_servers.GeminiServer) -> gemini_servers.GeminiServer:
    """A protocol-true Gemini server with a fresh script."""
    gemini_server.script.reset()
    return gemini_server


@pytest.fixture(scope="session")
def speech_server() -> Iterator[speech_servers.SpeechServer]:
    with speech_servers.serving() as server:
        yield server


@pytest.fixture
def speech(speech_server: speech_servers.SpeechServer) -> speech_servers.SpeechServer:
    """Protocol-true servers that hear and speak, with a fresh script."""
    speech_server.reset()
    return speech_server


KEY = "sk-planted-7f3a9c51e2"  # no log, page, export, error or audit entry may hold it


@pytest.fixture
def served_settings(
    settings: Settings, ollama: OllamaServer, openai: openai_servers.OpenAIServer, gemini: gemini_servers.GeminiServer
) -> Settings:
    """Settings with every model server on loopback; the compatible one is the same server as OpenAI's."""
    return settings.model_copy(
        update={
            "ollama_url": ollama.url,
            "openai_api_key": SecretStr(KEY),
            "openai_base_url": openai.base_url,
            "gemini_api_key": SecretStr(KEY),
            "gemini_base_url": gemini.url,
            "compatible_url": openai.base_url,
            "compatible_api_key": SecretStr(KEY),
            "compatible_model": "gpt-4o-mini",
        }
    )
