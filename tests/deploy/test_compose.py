"""The recipe for many machines says the same as the code, the image and the proxy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest
import yaml
from cryptography.fernet import Fernet
from fastapi import FastAPI

import api
from core.settings import ROOT, Settings

RECIPE: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = RECIPE["services"]
OURS = {name: one for name, one in SERVICES.items() if one["image"] == "nichewise"}
APPS = [name for name, one in OURS.items() if "command" not in one]
CADDY = (ROOT / "deploy" / "Caddyfile").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
EXAMPLE = re.findall(r"^(\w+)=$", (ROOT / "deploy" / "example.env").read_text(), re.M)
FILLED = {
    "NICHEWISE_SITE": "nichewise.example.com",
    "POSTGRES_PASSWORD": "5f" * 24,
    "NICHEWISE_SECRET_KEY": "s" * 64,
    "NICHEWISE_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "NICHEWISE_ADMIN_EMAIL": "root@example.com",
    "NICHEWISE_ADMIN_PASSWORD": "a long passphrase",
}
NOT_OURS = {"NICHEWISE_SITE", "POSTGRES_PASSWORD", "FORWARDED_ALLOW_IPS"}  # of the recipe, of PostgreSQL, of uvicorn


def filled(value: Any) -> str:
    return re.sub(r"\$\{(\w+):\?\}", lambda found: FILLED[found[1]], str(value))


def environment(service: dict[str, Any]) -> dict[str, str]:
    own = {name: filled(value) for name, value in service["environment"].items()}
    return FILLED | own


def test_every_variable_is_a_setting_and_the_example_names_those_that_are_filled_in() -> None:
    named = {name for one in OURS.values() for name in environment(one)} - NOT_OURS
    assert {name.removeprefix("NICHEWISE_").lower() for name in named} <= set(Settings.model_fields)
    wanted = set(re.findall(r"\$\{(\w+):\?\}", (ROOT / "deploy" / "compose.yaml").read_text()))
    assert wanted <= set(EXAMPLE) == set(FILLED)


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_settings_of_each_process_are_accepted_and_shared(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in environment(OURS[name]).items():
        monkeypatch.setenv(variable, value)
    settings = Settings(_env_file=None)
    assert settings.production
    assert settings.worker == "external"
    assert settings.unshared == []
    assert settings.allowed_hosts == ("nichewise.example.com",)
    assert OURS[name]["environment"] == OURS[APPS[0]]["environment"]
    assert OURS[name]["env_file"] == ".env"


def test_every_command_is_there_and_only_what_serves_pages_is_asked_for_its_health() -> None:
    assert len(APPS) == 2
    for name, one in OURS.items():
        command = one.get("command", ["python", "app.py"])
        assert command[1:2] == ["app.py"] or find_spec(command[2]), name
        assert ("healthcheck" not in one) is (name in APPS)
    assert SERVICES["worker"]["command"][2:] == ["jobs.worker"], "without --queues it serves all of them"


def test_the_addresses_are_those_of_the_services() -> None:
    values = " ".join(filled(value) for value in environment(OURS["app1"]).values())
    hosts = set(re.findall(r"(?:@|http://)([\w.-]+):\d+", values))
    assert hosts == {"postgres", "chroma", "ollama"}
    assert hosts <= set(SERVICES)
    database = SERVICES["postgres"]["environment"]
    assert f"//{database['POSTGRES_USER']}:" in values
    assert f"/{database['POSTGRES_DB']} " in values


def test_servers_are_of_the_versions_that_the_product_speaks_to() -> None:
    client = re.search(r"^chromadb==(\S+)$", (ROOT / "requirements.txt").read_text(), re.M)
    assert client
    assert SERVICES["chroma"]["image"] == f"chromadb/chroma:{client[1]}"
    assert SERVICES["postgres"]["image"] == "postgres:18"  # whose pg_dump the product brings
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"], "where versions from 18 on keep data"


def test_every_volume_is_declared_and_no_two_processes_share_a_folder_of_their_own() -> None:
    mounted = {volume.split(":")[0] for one in SERVICES.values() for volume in one.get("volumes", [])}
    assert {name for name in mounted if not name.startswith(".")} == set(RECIPE["volumes"])
    assert not any(volume.split(":")[1] == "/data" for one in OURS.values() for volume in one["volumes"])
    assert "VOLUME /data" in DOCKERFILE
    place = environment(OURS["app1"])["NICHEWISE_BLOBS"].removeprefix("file://")
    made = re.search(r"install --directory --owner nichewise (.+)", DOCKERFILE)
    assert made
    assert place in made[1].split(), "a new volume takes its owner from the image"
    assert all(f"files:{place}" in one["volumes"] for one in OURS.values())


def _upstreams() -> Iterator[str]:
    found = re.search(r"reverse_proxy (.+) \{", CADDY)
    assert found
    yield from found[1].split()


def test_the_proxy_sends_to_the_apps_and_asks_what_they_answer() -> None:
    port = re.search(r"^EXPOSE (\d+)$", DOCKERFILE, re.M)
    assert port
    assert list(_upstreams()) == [f"{name}:{port[1]}" for name in APPS]
    assert set(SERVICES["proxy"]["depends_on"]) == set(APPS)
    asked = re.search(r"health_uri (\S+)", CADDY)
    app = FastAPI()
    api.add_routes(app)
    assert asked
    assert asked[1] in app.openapi()["paths"]


def test_the_proxy_lets_the_largest_upload_pass() -> None:
    most = re.search(r"max_size (\d+)MB", CADDY)  # megabytes of 1000 x 1000 bytes
    largest = max(one.le for one in Settings.model_fields["upload_mb_admin"].metadata if hasattr(one, "le"))
    assert most
    assert int(most[1]) * 10**6 > largest * 2**20 + 10**6


def test_secrets_stand_in_a_file_that_neither_the_image_nor_the_repository_takes() -> None:
    assert "**/.env" in (ROOT / ".dockerignore").read_text().split()
    assert ".env" in (ROOT / ".gitignore").read_text().split()
    assert all(not value for value in re.findall(r"^\w+=(.*)$", (ROOT / "deploy" / "example.env").read_text(), re.M))
