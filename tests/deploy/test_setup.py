"""Setting up on a machine where something is missing: one clear sentence each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.settings import ROOT
from deploy import setup


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The real script on a checkout that needs one package."""
    (folder / "deploy").mkdir()
    shutil.copy(ROOT / "deploy" / "setup.py", folder / "deploy")
    (folder / "requirements.txt").write_text("six==1.17.0\n")
    command = [sys.executable, str(folder / "deploy" / "setup.py"), "product"]
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120, check=False
    )


def test_without_a_package_index_the_sentence_says_so(tmp_path: Path) -> None:
    closed = {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": "", "PIP_NO_CACHE_DIR": "1"}
    done = run(tmp_path, **closed, PIP_INDEX_URL="http://127.0.0.1:9/simple", PIP_RETRIES="0")
    assert done.returncode == 1
    assert "no package index can be reached" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_python_that_is_too_old_is_told_which_one_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(setup.SetupError, match=r"needs Python 3\.11 or newer and this is 3\.9"):
        setup.check_python()


def test_a_disk_that_is_nearly_full_is_said_before_anything_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=1))
    with pytest.raises(setup.SetupError, match="disk is nearly full"):
        setup.check_disk()


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "the disk is full"),
        ("ERROR: No matching distribution found for six==99", "No matching distribution found for six==99"),
        ("", "it said nothing"),
    ],
)
def test_what_pip_says_becomes_one_sentence(output: str, sentence: str) -> None:
    assert sentence in setup.explain_pip(output)
