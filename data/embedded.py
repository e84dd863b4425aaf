"""The embedded PostgreSQL 18 of one `var` folder: who starts its server, who joins it, and how it is kept up."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import secrets
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from core.errors import StartupError
from core.secrets import keep_once
from data.postgres_server import START_SECONDS, PostgresServer
from data.postgres_user import runner_for

log = logging.getLogger(__name__)

VERSION = 18
_DATABASE = "nichewise"
_LOOK_SECONDS = 1.0


class EmbeddedPostgres:
    """A PostgreSQL server that belongs to one `var` folder.

    `start()` makes the data folder if need be, starts the server or joins the one that already serves this folder, and
    returns its URL. `stop()` ends it if this object started it. On Linux the server dies with the thread that started
    it: call `start()` from the main one. After `keep()` a server that ends by itself, as on a full disk, is started
    again.
    """

    def __init__(self, var_dir: Path, *, durable: bool = True, max_connections: int = 100) -> None:
        """`durable=False` switches fsync off: for tests."""
        self._var, self._folder = var_dir, var_dir / "postgres"
        self._password_file = var_dir / "secrets" / "postgres_password"
        self._settings = {
            "listen_addresses": "",
            "max_connections": str(max_connections),
            "shared_buffers": "128MB",
            "logging_collector": "off",
            "log_min_messages": "warning",
            **({} if durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}),
        }
        self._server: PostgresServer | None = None
        self._stopping = threading.Event()
        self._keeper: threading.Thread | None = None

    @property
    def note(self) -> str:
        """A sentence for the person who starts the product, when the data lies elsewhere than below `var_dir`."""
        if self._server is None or self._server.data_dir.is_relative_to(self._var):
            return ""
        return f"The database lies in {self._server.data_dir}."

    def start(self) -> str:
        """The server's URL. Raises StartupError with a sentence that says what to change."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._alone():
            runner = runner_for(self._var, VERSION)
            password = keep_once(self._password_file, secrets.token_urlsafe(24))
            self._server = PostgresServer(runner, password, self._folder / "server.log", self._settings)
            if not self._serves(self._server, "postgres"):
                self._server.initialise()
                self._launch(self._server)
            _ensure_database(self._server.url("postgres"))
        return self._server.url(_DATABASE)

    def join(self) -> str:
        """The URL of the server that another process has started, or is about to, over this folder. It is never started
        here, and StartupError is raised when it does not come up."""
        deadline = time.monotonic() + START_SECONDS
        runner = None
        while time.monotonic() < deadline:
            if self._password_file.exists():
                runner = runner or runner_for(self._var, VERSION)
                password = self._password_file.read_text().strip()
                server = PostgresServer(runner, password, self._folder / "server.log", self._settings)
                if self._serves(server, _DATABASE):
                    return server.url(_DATABASE)
            time.sleep(0.1)
        raise StartupError("The database of the product that runs over %(folder)s does not answer.", folder=self._var)

    def keep(self) -> None:
        """Starts the server again whenever it has ended, until `stop`; only where `start` has started it."""
        if self._server is not None and self._server.launched:
            self._keeper = threading.Thread(target=self._keep, args=(self._server,), name="postgres", daemon=True)
            self._keeper.start()

    def _keep(self, server: PostgresServer) -> None:
        said = ""
        while not self._stopping.wait(_LOOK_SECONDS):
            if server.running:
                continue
            if not said:
                log.error("The embedded PostgreSQL has ended; it is started again. See %s", server.log)
            try:
                with self._alone():
                    self._launch(server)
            except (StartupError, OSError) as error:
                if said != str(error):
                    log.error("%s", error)
                said = str(error)
            else:
                log.warning("The embedded PostgreSQL runs again")
                said = ""

    def stop(self) -> None:
        self._stopping.set()
        if self._keeper is not None:
            self._keeper.join()
        if self._server is not None:
            self._server.end()

    def _launch(self, server: PostgresServer) -> None:
        self._owner_file.write_text(str(os.getpid()))
        server.launch()

    def _serves(self, server: PostgresServer, database: str) -> bool:
        """Whether a server of this folder is up. One whose starter is gone is on its way down: that is waited for."""
        pid_file = server.data_dir / "postmaster.pid"
        deadline = time.monotonic() + START_SECONDS
        while _alive(_first_line(pid_file)):
            if _zombie(_first_line(pid_file)):
                # Killed, and its parent does not reap it: PostgreSQL would take it for a living server for ever.
                time.sleep(1)  # its children notice and leave
                pid_file.unlink(missing_ok=True)
                return False
            if (_alive(_first_line(self._owner_file)) or sys.platform != "linux") and server.answers(database):
                return True
            if time.monotonic() > deadline:
                raise StartupError(
                    "The database in %(folder)s is running but does not answer. Stop process %(pid)s and start again.",
                    folder=str(server.data_dir),
                    pid=_first_line(pid_file),
                )
            time.sleep(0.05)
        return False

    @property
    def _owner_file(self) -> Path:
        return self._folder / "owner.pid"

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process starts a server of this folder meanwhile."""
        with (self._folder / "start.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _ensure_database(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_DATABASE,)).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_DATABASE)))


def _alive(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's process
    return True


def _zombie(pid: str) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    return False


def _first_line(path: Path) -> str:
    try:
        return path.read_text().split("\n", 1)[0].strip()
    except OSError:
        return ""
