"""The image says the same as the code: what it leaves out is not needed in it, and its commands are there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from core.settings import ROOT, Settings
from deploy import healthy
from tests.browser.conftest import free_port

DOCKERFILE = (ROOT / "Dockerfile").read_text()
LEFT_OUT = {line for line in (ROOT / ".dockerignore").read_text().split() if (ROOT / line).is_dir()}
_IMPORTED = re.compile(r"^\s*(?:from|import) (\w+)", re.M)


def _product() -> list[Path]:
    folders = [path for path in ROOT.iterdir() if path.is_dir() and path.name not in LEFT_OUT and path.name[0] != "."]
    return [ROOT / "app.py", *(module for folder in folders for module in folder.rglob("*.py"))]


def test_no_module_of_the_product_imports_what_the_image_leaves_out() -> None:
    assert {"tests", "bench", "docs"} <= LEFT_OUT
    imported = {name for module in _product() for name in _IMPORTED.findall(module.read_text())}
    assert "rag" in imported
    assert not imported & LEFT_OUT


def test_every_command_of_the_image_is_there() -> None:
    commands = [json.loads(found) for found in re.findall(r"CMD (\[.+\])$", DOCKERFILE, re.M)]
    modules = [command[2] for command in commands if command[1] == "-m"]
    assert commands[-1] == ["python", "app.py"]
    assert [*modules, *re.findall(r"-m (rag\.\S+)", DOCKERFILE)] == ["deploy.healthy", "rag.export"]
    assert all(find_spec(name) for name in ["jobs.worker", *modules])


def test_settings_of_the_image_are_settings() -> None:
    named = {name.lower() for name in re.findall(r"NICHEWISE_(\w+)=", DOCKERFILE)}
    assert named == {"var_dir", "host"}
    assert named <= set(Settings.model_fields)
    assert f"EXPOSE {Settings.model_fields['port'].default}" in DOCKERFILE


def test_a_service_that_does_not_answer_is_not_healthy() -> None:
    assert not healthy.ready(Settings(_env_file=None, port=free_port()))
    command = [sys.executable, "-m", "deploy.healthy"]
    environment = {"NICHEWISE_PORT": str(free_port())}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (1, b"")
