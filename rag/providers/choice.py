"""Which provider and model answer: the one asked for, else the setting, where `auto` is Ollama when it answers, and
whoever the setting of the fallback names when that one is away."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from core.errors import BadInput, NichewiseError
from core.settings import Settings
from rag.providers import AUTO, Provider, at_hand, loaded, translated

HEALTH_SECONDS = 5.0
CHECK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Choice:
    """`auto` says that nobody asked for this provider or model, so another may answer in its place."""

    provider: Provider
    model: str
    auto: bool


@dataclass
class Choices:
    """Chooses for one process; what is known of a server's health is `HEALTH_SECONDS` old at most."""

    settings: Settings
    _checked: dict[str, tuple[float, bool]] = field(default_factory=dict)
    _running: dict[str, asyncio.Task[bool]] = field(default_factory=dict)

    async def choose(self, provider: str | None = None, model: str | None = None) -> Choice:
        """Raises `BadInput` for a name that is not in the registry, or a model without its provider."""
        name = provider or self.settings.provider
        if name != AUTO:
            chosen = await _load(name)
            return Choice(chosen, model or chosen.default_model(self.settings), auto=not provider and not model)
        if await self.answers("ollama"):
            ollama = await _load("ollama")
            return Choice(ollama, model or ollama.default_model(self.settings), auto=not model)
        (other, *_) = await self._usable() or [await _load("extractive")]
        if model not in (None, "", other.default_model(self.settings)):
            raise BadInput("The model server does not answer, so the model cannot be chosen. Leave the model empty.")
        return Choice(other, other.default_model(self.settings), auto=True)

    async def others(self, choice: Choice) -> list[Choice]:
        """Who may answer in place of `choice`, by setting and in its order; nobody for what was asked for by name."""
        if not choice.auto:
            return []
        usable = [one for one in await self._usable() if one.name != choice.provider.name]
        return [Choice(one, one.default_model(self.settings), auto=True) for one in usable]

    async def _usable(self) -> list[Provider]:
        loaded = [await _load(name) for name in self.settings.fallback]
        return [one for one in loaded if one.configured(self.settings)]

    def forget(self) -> None:
        """What is known of the servers: they may be others now."""
        self._checked.clear()

    async def answers(self, name: str) -> bool:
        """Whether the server of `name` answers; people who ask at once wait for the same check."""
        at, known = self._checked.get(name, (float("-inf"), False))
        if time.monotonic() - at < HEALTH_SECONDS:
            return known
        if name not in self._running:
            self._running[name] = asyncio.create_task(self._check(name))
        return await asyncio.shield(self._running[name])

    async def _check(self, name: str) -> bool:
        provider = await _load(name)
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                with translated(provider):
                    await provider.models(self.settings)
            answers = True
        except (NichewiseError, TimeoutError):
            answers = False
        finally:
            self._running.pop(name, None)
        self._checked[name] = (time.monotonic(), answers)
        return answers


async def _load(name: str) -> Provider:
    # The first use of a provider imports its client, which takes a second: other answers go on meanwhile.
    known = at_hand(name)
    return known if known is not None else await asyncio.to_thread(loaded, name)
