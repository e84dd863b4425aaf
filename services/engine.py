"""What all answers of a process are written with: one event loop, the model servers, and the choice among them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, TypeVar

from core.errors import NotReady
from core.roles import Role
from core.settings import Settings
from rag.providers.choice import Choice, Choices
from rag.providers.servers import Servers
from services.policy import Policy

_KEPT_SECONDS = 15.0

_T = TypeVar("_T")


class Engine:
    """The loop runs in a thread of its own, from the first answer on, until `close`. `load` reads what administrators
    decided; it is asked anew after `_KEPT_SECONDS`, so that other processes follow too."""

    def __init__(self, settings: Settings, load: Callable[[], Policy] | None = None) -> None:
        self.policy = Policy(settings)
        self.choices = Choices(settings)
        self.servers = Servers(settings.model_parallel, settings.model_queue)
        self._load, self._loaded_at = load, float("-inf")
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self.closed = False

    @property
    def settings(self) -> Settings:
        """Those in force; an answer keeps what it began with."""
        return self.policy.settings

    async def choose(self, role: Role, provider: str | None, model: str | None) -> Choice:
        """Who answers `role`: the one asked for, else the role's, else the product's. Raises `Forbidden` for a model
        that is kept for others, `BadInput` for a name that nobody has."""
        await asyncio.to_thread(self.refresh)
        mine = self.policy.by_role.get(role)
        if mine is not None and not provider and not model:
            return replace(await self.choices.choose(mine.provider, mine.model or None), auto=True)
        choice = await self.choices.choose(provider, model)
        self.policy.check(role, choice.provider.name, choice.model)
        return choice

    async def candidates(self, role: Role, provider: str | None, model: str | None) -> list[Choice]:
        """`choose`, and behind it those who may stand in when its server is away."""
        choice = await self.choose(role, provider, model)
        return [choice, *await self.choices.others(choice)]

    def refresh(self, *, now: bool = False) -> None:
        """Reads the policy again if it is old, or `now`."""
        if self._load is None or (not now and time.monotonic() - self._loaded_at < _KEPT_SECONDS):
            return
        self.policy, self._loaded_at = self._load(), time.monotonic()
        if self.policy.settings != self.choices.settings:
            self.choices.settings = self.policy.settings
            self.choices.forget()

    def run(self, work: Coroutine[Any, Any, _T]) -> Future[_T]:
        """Starts `work` on the loop, from any thread; raises `NotReady` once closed."""
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
        """Ends the thread; whoever started work has ended it before."""
        with self._lock:
            self.closed = True
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
