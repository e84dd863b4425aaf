"""Brings one process from an empty folder to installed services, step by step, and takes it down again."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import StartupError
from core.lock import VarLock
from core.roles import Role
from core.settings import ROOT, Settings
from data.embedded import EmbeddedPostgres
from data.migrate import DatabaseDown, upgrade
from rag.embedding.spec import BUILTIN, model_dir
from services import container

Say = Callable[[str], None]
_WRITTEN = ("postgres", "blobs", "chroma", "lexical", "secrets")  # below `var_dir`, where they are not elsewhere


class House:
    """What one process holds while it serves: the lock, the embedded server if it started one, and the services."""

    def __init__(self, settings: Settings, say: Say) -> None:
        self.settings = settings
        self._say = say
        self._lock = VarLock(settings.var_dir)
        self._postgres: EmbeddedPostgres | None = None
        self._services: container.Services | None = None

    @property
    def services(self) -> container.Services:
        if self._services is None:
            raise StartupError("The services are not built yet.")
        return self._services

    def open(self) -> None:
        """Everything that must stand before the first page can show. Raises StartupError. Call from the main thread."""
        self._lock.take()
        _check_rights(self.settings.var_dir)
        url = self._database_url()
        with self._step("Migrating the database"):
            _migrate(url)
        self._export_model()
        self._services = container.build(self.settings, url)
        container.install(self._services)
        self._services.turns.recover()
        with self._step("Preparing accounts and collections"):
            self._first_run()

    def close(self) -> None:
        if self._services is not None:
            container.install(None)
            self._services.close()
        if self._postgres is not None:
            self._postgres.stop()
        self._lock.release()

    def _database_url(self) -> str:
        if self.settings.database_url is not None:
            return self.settings.database_url.get_secret_value()
        self._postgres = EmbeddedPostgres(self.settings.var_dir)
        with self._step("Starting PostgreSQL"):
            url = self._postgres.start()
        self._postgres.keep()
        if self._postgres.note:
            self._say(f"  {self._postgres.note}")
        return url

    def announce(self) -> None:
        """Where to go and with which password."""
        host = "127.0.0.1" if self.settings.host in ("0.0.0.0", "::") else self.settings.host  # noqa: S104
        first_run = self._first_run_file
        passwords = f"\n  The first passwords are in {first_run}" if first_run.exists() else ""
        self._say(f"\n  Nichewise: http://{host}:{self.settings.port}{passwords}\n")

    @property
    def _first_run_file(self) -> Path:
        return self.settings.var_dir / "first-run.txt"

    def _export_model(self) -> None:
        """Once per folder, in a process of its own: it needs torch, which serving must not import."""
        named = (self.settings.embedding, *self.settings.embeddings)
        if BUILTIN.setting not in named or (model_dir(self.settings) / "manifest.json").exists():
            return
        with self._step("Exporting the embedding model (once)"):
            command = [sys.executable, "-m", "rag.export", "--var", str(self.settings.var_dir)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            reason = (done.stderr.strip().splitlines() or ["it gave no reason."])[-1]
            raise StartupError("The embedding model could not be exported: %(reason)s", reason=reason)

    def _first_run(self) -> None:
        """The first administrator, the demo users and the collections; made-up passwords are written down once."""
        services = self.services
        email, password = services.first_people.ensure_admin()
        made = [(email, Role.ADMIN, password)] if password else []
        services.collections.ensure_defaults()
        if self.settings.with_demo:
            made += services.first_people.ensure_demo()
            services.corpora.ensure_demo()
            services.niche_demo.ensure()
        if made:
            _append_private(self._first_run_file, [f"{email}  {word}  ({role})" for email, role, word in made])

    @contextmanager
    def _step(self, title: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self._say(f"  {title}: {time.perf_counter() - start:.1f} s")


@contextmanager
def opened(settings: Settings, say: Say) -> Iterator[House]:
    """The open house; whatever it had taken by then is given back at the end, or when it cannot be opened."""
    house = House(settings, say)
    try:
        with _full_disk_named(settings.var_dir):
            house.open()
        yield house
    finally:
        house.close()


def _check_rights(var_dir: Path) -> None:
    """What an earlier start by another user has left is said now, and not by the first person whose upload fails."""
    for folder in (var_dir / name for name in _WRITTEN):
        if folder.is_dir() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            raise StartupError(
                "The folder %(folder)s cannot be written by the user %(user)s. Correct its rights and start again.",
                folder=folder,
                user=os.geteuid(),
            )


@contextmanager
def _full_disk_named(folder: Path) -> Iterator[None]:
    """Whoever notices it first, the lock, the database, the model: a full disk is the same sentence."""
    try:
        yield
    except Exception as error:
        if os.strerror(errno.ENOSPC) not in str(error):
            raise
        raise StartupError("The disk of %(folder)s is full. Free some space and start again.", folder=folder) from error


@contextmanager
def listening(settings: Settings) -> Iterator[socket.socket]:
    """The socket to serve on, bound before anything else is done. Raises StartupError when the port is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            sentence = "Port %(port)s of %(host)s is taken or not allowed. Set NICHEWISE_PORT to another one."
            raise StartupError(sentence, port=settings.port, host=settings.host) from error
        yield listener


def _migrate(url: str) -> None:
    try:
        upgrade(url)
    except DatabaseDown as error:
        raise StartupError(
            "The database does not answer (%(reason)s). Check NICHEWISE_DATABASE_URL and that the server runs.",
            reason=str(error).strip().splitlines()[0],
        ) from error


def _append_private(path: Path, lines: list[str]) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
        file.write("\n".join(lines) + "\n")
