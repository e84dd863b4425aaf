"""What a running product takes of its machine meanwhile: memory, busy cores, processor time by kind of process."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from bench.processor_time import PROCESSES, kind_of, spent_by
from tests.browser.conftest import Product


@dataclass
class Watch:
    """The memory and the processor time of the product and its children, once a second."""

    product: Product
    peak_mb: int = 0
    busy: list[float] = field(default_factory=list)  # cores
    _first: dict[int, float] = field(default_factory=dict)  # seconds of each process when it was first seen
    _last: dict[int, tuple[str, float]] = field(default_factory=dict)

    def spent(self) -> dict[str, float]:
        """Seconds of processor time by kind of process; `rest` is the browser, who uploads, and the machine itself."""
        found = dict.fromkeys(PROCESSES, 0.0)
        for pid, (kind, seconds) in self._last.items():
            found[kind] += seconds - self._first[pid]
        return found | {"rest": sum(self.busy) - sum(found.values())}

    def __enter__(self) -> Watch:
        port = int(self.product.url.rpartition(":")[2])
        self._app = next(
            psutil.Process(one.pid)
            for one in psutil.net_connections("tcp")
            if one.laddr and one.laddr.port == port and one.status == "LISTEN" and one.pid
        )
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        psutil.cpu_percent()
        while not self._over.wait(1):
            self.busy.append(psutil.cpu_percent() / 100 * (psutil.cpu_count() or 1))
            family = self._family()
            self.peak_mb = max(self.peak_mb, round(sum(map(_share_of, family)) / 2**20))
            for one in family:
                with suppress(psutil.Error):  # it has ended
                    self._note(one)

    def _note(self, process: psutil.Process) -> None:
        seconds = spent_by(process)
        self._first.setdefault(process.pid, seconds)
        self._last[process.pid] = (self._kind(process), seconds)

    def _kind(self, process: psutil.Process) -> str:
        if process.pid == self._app.pid:
            return "app"
        return kind_of(process.cmdline()) or "postgres"

    def _family(self) -> list[psutil.Process]:
        """The embedded PostgreSQL is no child of the app: it is found by the folder that it serves."""
        children = self._app.children(recursive=True)
        servers = [one for one in psutil.process_iter(["cmdline"]) if self._serves(one.info["cmdline"] or [])]
        backends = [child for server in servers for child in server.children(recursive=True)]
        return list({one.pid: one for one in (self._app, *children, *servers, *backends)}.values())

    def _serves(self, command: list[str]) -> bool:
        return any(str(self.product.var) in part for part in command)


def _share_of(process: psutil.Process) -> int:
    """Bytes; memory that processes share is divided among them."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:  # it has ended
        return 0
