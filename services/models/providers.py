"""Model servers for administrators: what they are, whether they answer, keys, prices, roles, and fetching models."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import Future, wait
from contextlib import aclosing
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from core.entities.people import Principal
from core.entities.playground import Attempt, Configuration, ModelRule, RoleModel, ServerSettings, ServerStatus
from core.errors import BadInput, Conflict, Forbidden, NichewiseError, ProviderTimeout
from core.roles import Permission, Role
from data.database import Database
from rag.providers import REGISTRY, get, loaded, translated
from rag.providers.ollama import PROVIDER as OLLAMA
from services.models.engine import Engine
from services.models.names import check_names
from services.models.policy import FIELDS
from services.playground.trials import Task, Trial

_TEST = "Reply with the word OK."
_CHECK_SECONDS = 12.0
_SEEN_SECONDS = 60.0
_NEVER: tuple[float, ServerStatus | None] = (float("-inf"), None)


@dataclass(slots=True)
class Pull:
    """A model on its way into Ollama: bytes `done` of the `total` of its present layer (0 while unknown)."""

    model: str
    status: str = ""
    done: int = 0
    total: int = 0
    ended: bool = False
    error: str = ""


class Providers:
    """Reading is for who may choose models; everything else is for administrators and goes into the audit log."""

    def __init__(self, db: Database, engine: Engine) -> None:
        self._db, self._engine = db, engine
        self._pulls: dict[str, Pull] = {}
        self._pulling: dict[str, asyncio.Task[None]] = {}
        self._seen: dict[str, tuple[float, ServerStatus | None]] = {}  # when, on the monotonic clock, and what
        self._asking: dict[str, Future[None]] = {}

    def list(self, principal: Principal) -> Sequence[ServerStatus]:
        """Every provider, asked at the same time whether it answers; addresses and load for administrators only."""
        if not principal.may(Permission.CHAT_DOCUMENTS):
            raise Forbidden
        self._engine.refresh()
        found = self._engine.run(self._all()).result()  # each server has its own time limit
        return found if principal.may(Permission.SYSTEM) else [self._for_role(principal.role, one) for one in found]

    def look(self, principal: Principal, *, anew: bool = False, seconds: float = 0.0) -> Sequence[ServerStatus]:
        """The same as it was last seen, for pages: who was asked more than a minute ago, or everybody with `anew`, is
        asked in the background, and that is waited for `seconds` at most. `checking` says whose answer is still out."""
        if not principal.may(Permission.CHAT_DOCUMENTS):
            raise Forbidden
        self._engine.refresh()
        old = time.monotonic() - _SEEN_SECONDS
        for name in REGISTRY:
            if not self._is_asked(name) and (anew or self._seen.get(name, _NEVER)[0] < old):
                self._asking[name] = self._engine.run(self._note(name))
        wait(list(self._asking.values()), timeout=seconds)
        found = [self._last_seen(name) for name in REGISTRY]
        return found if principal.may(Permission.SYSTEM) else [self._for_role(principal.role, one) for one in found]

    async def _note(self, name: str) -> None:
        self._seen[name] = time.monotonic(), await self._status(name)

    def _is_asked(self, name: str) -> bool:
        asking = self._asking.get(name)
        return asking is not None and not asking.done()

    def _last_seen(self, name: str) -> ServerStatus:
        """What the server said, with the settings and the load of now."""
        now, seen = self._unasked(name), self._seen.get(name, _NEVER)[1]
        checking = now.configured and self._is_asked(name)
        if seen is None or seen.address != now.address:
            return replace(now, checking=checking)
        return replace(now, checking=checking, models=seen.models, latency_ms=seen.latency_ms, error=seen.error)

    async def _all(self) -> Sequence[ServerStatus]:
        return tuple(await asyncio.gather(*(self._status(name) for name in REGISTRY)))

    async def _status(self, name: str) -> ServerStatus:
        provider, status = await asyncio.to_thread(loaded, name), self._unasked(name)
        if not status.configured:
            return status
        began = time.monotonic()
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                with translated(provider):
                    models = await provider.models(self._engine.settings)
        except NichewiseError as error:
            return replace(status, error=error.message)
        except TimeoutError:
            return replace(status, error=ProviderTimeout(provider=provider.label).message)
        return replace(status, models=models, latency_ms=round((time.monotonic() - began) * 1000))

    def _for_role(self, role: Role, status: ServerStatus) -> ServerStatus:
        """Without what concerns administrators alone, and without models that are kept for others."""
        models = tuple(one for one in status.models if self._engine.policy.allows(role, status.name, one))
        return replace(status, address="", running=0, waiting=0, models=models)

    def _unasked(self, name: str) -> ServerStatus:
        provider, settings = get(name), self._engine.settings
        address = provider.address(settings)
        key = FIELDS.get(name, ("", "", ""))[1]
        return ServerStatus(
            name=name,
            label=provider.label,
            configured=provider.configured(settings),
            accepts=tuple(sorted(provider.accepts)),
            default_model=provider.default_model(settings),
            address=address,
            key_set=bool(key and getattr(settings, key)),
            **self._engine.servers.state(address),
        )

    # --- for administrators -----------------------------------------------------------------------------------------

    def test(self, principal: Principal, provider: str, model: str = "") -> Attempt:
        """A word from the model, with the time it took."""
        _administrates(principal)
        check_names(provider, model)
        task = Task(_TEST, "en", principal.role, principal.locale or self._engine.settings.locale)
        chosen = Configuration(provider, model or None, {"max_tokens": 16, "timeout": 30}, retrieval=False)
        return self._engine.run(Trial(self._engine, chosen, task).run()).result()

    def configure(self, principal: Principal, provider: str, address: str, model: str, key: str | None) -> None:
        """`key` None keeps the one there is, "" removes it; it is sealed, and never shown again."""
        _administrates(principal)
        _check_address(provider, address)
        with self._db.begin() as tx:
            old = {one.provider: one for one in tx.model_settings.servers()}.get(provider)
            kept = (old.key if old else "") if key is None else key.strip()
            tx.model_settings.put_server(ServerSettings(provider, address.strip(), model.strip(), kept))
            tx.audit.write(
                principal, "provider.configure", "provider", provider,
                address=address.strip(), model=model.strip(), key_changed=key is not None,
            )  # fmt: skip
        self._seen.pop(provider, None)
        self._engine.refresh(now=True)

    def rules(self, principal: Principal) -> Sequence[ModelRule]:
        _administrates(principal)
        with self._db.read() as tx:
            return tx.model_settings.rules()

    def set_rule(self, principal: Principal, rule: ModelRule) -> None:
        _administrates(principal)
        check_names(rule.provider, rule.model)
        if not rule.model or any(price is not None and price < 0 for price in (rule.input_price, rule.output_price)):
            raise BadInput("Name a model, and prices of 0 or more.")
        with self._db.begin() as tx:
            tx.model_settings.put_rule(rule)
            roles = "all" if rule.roles is None else [role.value for role in rule.roles]
            tx.audit.write(
                principal, "model.rule", "model", f"{rule.provider}/{rule.model}",
                roles=roles, input_price=rule.input_price, output_price=rule.output_price,
            )  # fmt: skip
        self._engine.refresh(now=True)

    def drop_rule(self, principal: Principal, provider: str, model: str) -> None:
        """The model is then open to everybody and has no price."""
        _administrates(principal)
        with self._db.begin() as tx:
            tx.model_settings.drop_rule(provider, model)
            tx.audit.write(principal, "model.rule_removed", "model", f"{provider}/{model}")
        self._engine.refresh(now=True)

    def role_models(self, principal: Principal) -> Sequence[RoleModel]:
        _administrates(principal)
        with self._db.read() as tx:
            return tx.model_settings.role_models()

    def set_role_model(self, principal: Principal, role: Role, provider: str, model: str = "") -> None:
        """Who answers a role that chooses nobody; an empty provider leaves it to the product."""
        _administrates(principal)
        check_names(provider, model)
        with self._db.begin() as tx:
            if provider:
                tx.model_settings.put_role_model(RoleModel(role, provider, model))
            else:
                tx.model_settings.drop_role_model(role)
            tx.audit.write(principal, "model.default", "role", role.value, provider=provider, model=model)
        self._engine.refresh(now=True)

    # --- fetching models --------------------------------------------------------------------------------------------

    def pull(self, principal: Principal, model: str) -> None:
        """Starts to fetch a model into Ollama; `Conflict` while it is on its way."""
        _administrates(principal)
        check_names(None, model)
        if not model.strip():
            raise BadInput("This is not the name of a model.")
        running = self._pulls.get(model)
        if running is not None and not running.ended:
            raise Conflict("This model is being fetched already.")
        self._pulls[model] = Pull(model)
        self._engine.run(self._pull(self._pulls[model]))
        with self._db.begin() as tx:
            tx.audit.write(principal, "model.pull", "model", model)

    def pulls(self, principal: Principal) -> Sequence[Pull]:
        """Those of this process, the ended ones too."""
        _administrates(principal)
        return list(self._pulls.values())

    def cancel_pull(self, principal: Principal, model: str) -> None:
        _administrates(principal)
        if (task := self._pulling.get(model)) is not None:
            self._engine.soon(task.cancel)

    async def _pull(self, pull: Pull) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - it runs on a loop
        self._pulling[pull.model] = task
        try:
            with translated(OLLAMA):
                async with aclosing(OLLAMA.pull(self._engine.settings, pull.model)) as steps:
                    async for pull.status, pull.done, pull.total in steps:
                        pass  # the page reads the state
        except NichewiseError as error:
            pull.error = error.message
        finally:
            pull.ended = True
            self._pulling.pop(pull.model, None)


def _administrates(principal: Principal) -> None:
    if not principal.may(Permission.SYSTEM):
        raise Forbidden


def _check_address(provider: str, address: str) -> None:
    if provider not in FIELDS:
        raise BadInput("This provider has nothing to set.")
    parts = urlsplit(address.strip())
    if address.strip() and (parts.scheme not in ("http", "https") or not parts.hostname or parts.username):
        raise BadInput("An address starts with http:// or https:// and holds no password.")
