"""Sets up what `make run` and `make test` need: the virtual environment, its packages, a browser.

Runs on the system's own Python, so it uses the standard library alone and no syntax newer than Python 3.7; each step
that does something says what and how long it took, and each thing that cannot work is one sentence.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
FREE_BYTES = 5 * 2**30  # what the packages take with room for pip's temporary files
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class SetupError(Exception):
    """One sentence that says what to do."""


def main(target: str) -> None:
    check_python()
    requirements = ["requirements.txt"] + (["requirements-dev.txt"] if target == "tests" else [])
    install(requirements)
    if target == "tests":
        install_browser()


def check_python() -> None:
    if sys.version_info < (3, 11):
        have = ".".join(str(part) for part in sys.version_info[:2])
        raise SetupError(f"Nichewise needs Python 3.11 or newer and this is {have}: make run PYTHON=python3.11")


def install(requirements: list[str]) -> None:
    """Installs once per content of the requirement files; a stamp in the environment remembers which."""
    names = "".join((ROOT / name).read_text() for name in requirements)
    stamp = VENV / ("installed-" + "-".join(Path(name).stem for name in requirements))
    digest = hashlib.sha256((names + sys.version).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    check_disk()
    if not (VENV / "bin" / "pip").exists():  # not there, or its making was interrupted
        step("Making the virtual environment", [sys.executable, "-m", "venv", str(VENV)], explain_venv)
    arguments = [part for name in requirements for part in ("-r", str(ROOT / name))]
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    step("Installing the packages (a few minutes the first time)", command + arguments, explain_pip)
    stamp.write_text(digest)


def check_disk() -> None:
    if shutil.disk_usage(str(ROOT)).free < FREE_BYTES:
        raise SetupError(f"The disk is nearly full: the packages need {FREE_BYTES >> 30} GB in {ROOT}.")


def install_browser() -> None:
    """A system Chromium if there is one, else Debian's, else Playwright's own."""
    if any(shutil.which(name) for name in BROWSERS):
        return
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        step("Updating Debian's package list", ["apt-get", "update", "-qq"], last_line)
        step("Installing Chromium", ["apt-get", "install", "-y", "-qq", "chromium"], last_line)
    else:
        step("Installing Playwright's Chromium", [str(VENV / "bin" / "playwright"), "install", "chromium"], last_line)


def step(title: str, command: list[str], explain: Callable[[str], str]) -> None:
    """Runs `command` in the project's folder; its failure becomes the sentence that `explain` makes of its output."""
    start = time.time()
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    done = subprocess.run(
        command, cwd=str(ROOT), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, env=environment
    )
    output = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        raise SetupError(f"{title} failed: {explain(output)}")
    print(f"  {title}: {time.time() - start:.1f} s", flush=True)


def explain_venv(output: str) -> str:
    if "ensurepip" in output:
        return "this Python has no venv module. On Debian: apt-get install python3-venv."
    return last_line(output)


def explain_pip(output: str) -> str:
    lowered = output.lower()
    if "no space left" in lowered:
        return f"the disk is full. Free {FREE_BYTES >> 30} GB and run the same command again."
    signs = [
        *("newconnectionerror", "connection refused", "name resolution", "failed to establish", "timed out", "proxy"),
        "(from versions: none)",  # what pip says at last when it got no answer at all
    ]
    if any(sign in lowered for sign in signs):
        return "no package index can be reached. Check the network or pip's index-url, then run the same command again."
    return last_line(output)


def last_line(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "it said nothing."


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except SetupError as error:
        sys.exit(f"Nichewise cannot start. {error}")
    except OSError as error:
        reason = "the disk is full." if error.errno == 28 else error
        sys.exit(f"Nichewise cannot start: {reason}")
