"""What all answers of a process are written with: one event loop, the model servers, and the choice among them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from core.roles import Role
from core.settings import Settings
from rag.providers.choice import Choice, Choices
from rag.providers.servers import Servers
from services.loops import LoopThread
from services.models.policy import Policy

_KEPT_SECONDS = 15.0


class Engine(LoopThread):
    """The loop runs from the first answer on. `load` reads what administrators decided; it is asked anew after
    `_KEPT_SECONDS`, so that other processes follow too."""

    def __init__(self, settings: Settings, load: Callable[[], Policy] | None = None) -> None:
        super().__init__("answers")
        self.policy = Policy(settings)
        self.choices = Choices(settings)
        self.servers = Servers(settings.model_parallel, settings.model_queue)
        self._load, self._loaded_at = load, float("-inf")

    @property
    def settings(self) -> Settings:
        """Those in force; an answer keeps what it began with."""
        return self.policy.settings

    async def choose(self, role: Role, provider: str | None, model: str | None) -> Choice:
        """Who answers `role`: the one asked for, else the role's, else the product's, and where these are kept for
        others, the next that is not. Raises `Forbidden` for a model that is kept for others and was asked for, or where
        all are; `BadInput` for a name that nobody has."""
        return (await self.candidates(role, provider, model))[0]

    async def candidates(self, role: Role, provider: str | None, model: str | None) -> list[Choice]:
        """`choose`, and behind it those who may stand in when its server is away."""
        if self._old:
            await asyncio.to_thread(self.refresh)
        mine = self.policy.by_role.get(role)
        if mine is not None and not provider and not model:
            first = replace(await self.choices.choose(mine.provider, mine.model or None), auto=True)
        else:
            first = await self.choices.choose(provider, model)
        found = [first, *await self.choices.others(first)]
        allowed = [one for one in found if self.policy.allows(role, one.provider.name, one.model)]
        if not allowed:
            self.policy.check(role, first.provider.name, first.model)
        return allowed

    def refresh(self, *, now: bool = False) -> None:
        """Reads the policy again if it is old, or `now`."""
        if self._load is None or not (now or self._old):
            return
        self.policy, self._loaded_at = self._load(), time.monotonic()
        if self.policy.settings != self.choices.settings:
            self.choices.settings = self.policy.settings
            self.choices.forget()

    @property
    def _old(self) -> bool:
        return self._load is not None and time.monotonic() - self._loaded_at >= _KEPT_SECONDS
