"""The settings, `.env.example` and the README name the same things."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

from core.settings import ROOT, Settings

NAMES = {field.alias or f"NICHEWISE_{name.upper()}" for name, field in Settings.model_fields.items()}
_NAME = r"\b(?:NICHEWISE|OPENAI|GEMINI|ELEVENLABS)_[A-Z_]+\b"


def test_the_example_file_lists_every_setting_and_nothing_else() -> None:
    listed = re.findall(rf"^({_NAME})=", (ROOT / ".env.example").read_text(), re.M)
    assert sorted(listed) == sorted(NAMES)


def test_the_example_file_as_it_is_gives_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    example = Settings(_env_file=ROOT / ".env.example")
    assert example.model_copy(update={"var_dir": ROOT / "var"}) == Settings(_env_file=None)


def test_the_readme_explains_every_setting_and_no_other() -> None:
    named = set(re.findall(_NAME, (ROOT / "README.md").read_text()))
    assert named - {"NICHEWISE_TEST_DATABASE_URL"} == NAMES


def test_nothing_but_the_settings_reads_the_environment() -> None:
    reading = re.compile(r"os\.getenv|os\.environ\.get|os\.environ\[[^]]+\](?! =)|\*\*os\.environ")
    rooms = ("core", "data", "rag", "niches", "scenarios", "services", "jobs", "api", "voice", "components", "pages")
    own = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    readers = {str(path.relative_to(ROOT)) for path in own if reading.search(path.read_text())}
    children = {"data/dumps.py", "data/postgres_user.py", "rag/reading_child.py", "services/voice/ear.py"}
    assert readers <= children, "these hand it on to a child, filtered"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({}, "NICHEWISE_SECRET_KEY must have at least 32"),
        ({"secret_key": "short"}, "NICHEWISE_SECRET_KEY must have at least 32"),
        ({"secret_key": "x" * 32}, "NICHEWISE_ENCRYPTION_KEYS must be set"),
    ],
)
def test_production_refuses_weak_secrets(changed: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Settings.model_validate({"env": "production", **changed})


def test_workers_elsewhere_are_refused_what_they_do_not_share() -> None:
    with pytest.raises(ValidationError, match="external needs NICHEWISE_DATABASE_URL, NICHEWISE_CHROMA_URL, NICHEWISE"):
        Settings.model_validate({"worker": "external", "blobs": "memory://"})
