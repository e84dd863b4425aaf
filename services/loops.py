"""An event loop on a thread of its own, for work that outlives the request that began it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from core.errors import NotReady

try:
    from uvloop import new_event_loop
except ImportError:  # there is none for Windows
    from asyncio import new_event_loop  # type: ignore[assignment]

_LAST_SECONDS = 1.0

_T = TypeVar("_T")


class LoopThread:
    """Starts with the first work and runs until `close`; safe to use from any thread."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self.closed = False

    def run(self, work: Coroutine[Any, Any, _T]) -> Future[_T]:
        """Starts `work` on the loop; raises `NotReady` once closed."""
        with self._lock:
            if self.closed:
                work.close()
                raise NotReady
            return asyncio.run_coroutine_threadsafe(work, self._started())

    def soon(self, action: Callable[..., object], *args: Any) -> None:
        """Calls `action` on the loop, if it runs."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(action, *args)

    def close(self) -> None:
        """Ends the thread; whoever started work has told it to end."""
        with self._lock:
            self.closed = True
            loop, self._loop = self._loop, None
        if loop is not None and self._thread is not None:
            asyncio.run_coroutine_threadsafe(_ended(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join(timeout=10)
            loop.close()

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name=self._name, daemon=True)
            self._thread.start()
        return self._loop


async def _ended() -> None:
    """Gives what still runs a moment to end, breaks off the rest, and lets the threads go."""
    if others := asyncio.all_tasks() - {asyncio.current_task()}:
        _, late = await asyncio.wait(others, timeout=_LAST_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_default_executor()
