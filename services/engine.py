"""What all answers of a process are written with: one event loop, the model servers, and the choice among them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from core.errors import NotReady
from core.settings import Settings
from rag.providers.choice import Choices
from rag.providers.servers import Servers

_T = TypeVar("_T")


class Engine:
    """The loop runs in a thread of its own, from the first answer on, until `close`. `settings` are those in force:
    the process's own with what administrators changed (see `services.models`)."""

    def __init__(self, settings: Settings) -> None:
        self.choices = Choices(settings)
        self.servers = Servers(settings.model_parallel, settings.model_queue)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def settings(self) -> Settings:
        return self.choices.settings

    def configure(self, settings: Settings) -> None:
        """From now on; answers that are being written keep what they began with."""
        self.choices.settings = settings
        self.choices.forget()

    def run(self, work: Coroutine[Any, Any, _T]) -> Future[_T]:
        """Starts `work` on the loop, from any thread; raises `NotReady` once closed."""
        with self._lock:
            if self._closed:
                work.close()
                raise NotReady
            return asyncio.run_coroutine_threadsafe(work, self._started())

    def soon(self, action: Callable[..., None], *args: Any) -> None:
        """Calls `action` on the loop, if it runs."""
        with self._lock:
            if self._loop is not None:
                self._loop.call_soon_threadsafe(action, *args)

    def close(self) -> None:
        """Ends the thread; whoever started work has ended it before."""
        with self._lock:
            self._closed = True
            loop, self._loop = self._loop, None
        if loop is not None and self._thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join(timeout=10)
            loop.close()

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="answers", daemon=True)
            self._thread.start()
        return self._loop
