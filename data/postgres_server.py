"""The process of the embedded PostgreSQL: how its data folder is made, and how it is started, asked and ended."""

from __future__ import annotations

import ctypes
import hashlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg

from core.errors import StartupError
from data.postgres_user import Runner

START_SECONDS = 60
_STOP_SECONDS = 20
_USER = "nichewise"
_PR_SET_PDEATHSIG = 1


class PostgresServer:
    """A server over the data folder of `runner`, behind a password.

    It listens on a Unix socket alone, in a folder that only its user can enter, and on Linux dies with the thread that
    launched it. What it says goes to `log`.
    """

    def __init__(self, runner: Runner, password: str, log: Path, settings: Mapping[str, str]) -> None:
        self._runner, self._password, self.log = runner, password, log
        # A socket's path may have 107 bytes at most, so it cannot lie beside the data.
        name = hashlib.sha256(str(runner.data_dir.resolve()).encode()).hexdigest()[:12]
        self._socket_dir = Path(tempfile.gettempdir()) / f"nichewise-pg-{name}"
        self._settings = {**settings, "unix_socket_directories": str(self._socket_dir)}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def data_dir(self) -> Path:
        return self._runner.data_dir

    def url(self, database: str) -> str:
        host = urlencode({"host": str(self._socket_dir)})
        return f"postgresql://{_USER}:{quote(self._password)}@/{database}?{host}"

    def answers(self, database: str = "postgres") -> bool:
        """Whether it takes connections; its refusal of our password is an error of the set-up, said at once."""
        try:
            psycopg.connect(self.url(database), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise StartupError(
                    "The password in var/secrets/postgres_password is not that of the database. "
                    "Put the right file back."
                ) from error
            return False
        return True

    @property
    def launched(self) -> bool:
        """Whether it is ours to end, also where it has ended by itself."""
        return self._process is not None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def initialise(self) -> None:
        """Makes the data folder, where there is none. Raises StartupError."""
        if (self.data_dir / "PG_VERSION").exists():
            return
        scratch = self.data_dir.with_name(f"{self.data_dir.name}.making")
        shutil.rmtree(scratch, ignore_errors=True)  # left by a start that was killed half-way
        with tempfile.NamedTemporaryFile("w", prefix="nichewise-", delete=False) as password_file:
            password_file.write(self._password)
        try:
            self._runner.give(Path(password_file.name))
            done = self._runner.run(
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
                folder=str(self.data_dir),
                reason=_reason(done.stderr.decode(errors="replace")),
            )
        scratch.rename(self.data_dir)

    def launch(self) -> None:
        """Starts it and waits until it answers. Raises StartupError when it ends instead."""
        self._make_socket_dir()
        with self.log.open("ab") as output:
            mark = output.tell()
            options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
            self._process = subprocess.Popen(
                [str(self._runner.binary("postgres")), "-D", str(self.data_dir), *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.data_dir,
                start_new_session=True,  # Ctrl-C in the terminal must reach us first
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
                **self._runner.identity,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                self._process.wait()
                self._process = None
                with self.log.open("rb") as log_read:
                    log_read.seek(mark)
                    tail = log_read.read().decode(errors="replace")
                raise StartupError("The embedded PostgreSQL does not start: %(reason)s", reason=_reason(tail))
            time.sleep(0.03)

    def end(self) -> None:
        """Nothing happens where another process has launched it."""
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
        shutil.rmtree(self._socket_dir, ignore_errors=True)

    def _make_socket_dir(self) -> None:
        shutil.rmtree(self._socket_dir, ignore_errors=True)
        try:
            self._socket_dir.mkdir(mode=0o700)
        except FileExistsError as error:
            raise StartupError(
                "The folder %(folder)s belongs to somebody else. Remove it.", folder=str(self._socket_dir)
            ) from error
        self._runner.give(self._socket_dir)


def _reason(output: str) -> str:
    """The line of PostgreSQL's output that says why, in the words of a person where we know the cause."""
    if "No space left on device" in output:
        return "the disk is full. Free some space and start again."
    lines = [line for line in output.splitlines() if "FATAL" in line or "error" in line.lower()]
    return (lines or output.splitlines() or ["no reason given"])[-1].strip()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
