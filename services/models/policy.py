"""What administrators decided about models: servers and keys over the environment's, prices, roles, defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from core.entities.messages import Usage
from core.entities.playground import ModelRule, RoleModel, ServerSettings
from core.errors import Forbidden
from core.roles import Role
from core.settings import Settings
from data.database import Database

_MILLION = 1_000_000
# The settings that a provider's address, key and model stand in.
FIELDS: dict[str, tuple[str, str, str]] = {
    "ollama": ("ollama_url", "", "ollama_model"),
    "openai": ("openai_base_url", "openai_api_key", "openai_model"),
    "gemini": ("gemini_base_url", "gemini_api_key", "gemini_model"),
    "openai_compatible": ("compatible_url", "compatible_api_key", "compatible_model"),
    # Servers for speech, which answer no questions: see `services.voice`.
    "speech": ("speech_url", "speech_api_key", "speech_listen_model"),
    "elevenlabs": ("elevenlabs_base_url", "elevenlabs_api_key", "elevenlabs_voice"),
}


@dataclass(frozen=True)
class Policy:
    """`settings` are the process's own with what administrators set over them."""

    settings: Settings
    rules: Mapping[tuple[str, str], ModelRule] = field(default_factory=dict)
    by_role: Mapping[Role, RoleModel] = field(default_factory=dict)

    @classmethod
    def read(cls, db: Database, own: Settings) -> Policy:
        with db.read() as tx:
            servers, rules = tx.model_settings.servers(), tx.model_settings.rules()
            chosen = tx.model_settings.role_models()
        return cls(
            over(own, servers),
            {(rule.provider, rule.model): rule for rule in rules},
            {one.role: one for one in chosen},
        )

    def check(self, role: Role, provider: str, model: str) -> None:
        """Raises `Forbidden` for a model that is kept for other roles."""
        if not self.allows(role, provider, model):
            raise Forbidden("Your role may not use the model %(model)s. Choose another one.", model=model)

    def allows(self, role: Role, provider: str, model: str) -> bool:
        rule = self.rules.get((provider, model))
        return rule is None or rule.roles is None or role is Role.ADMIN or role in rule.roles

    def cost(self, provider: str, model: str, usage: Usage) -> float | None:
        """In the currency of the prices; None where a price is missing."""
        rule = self.rules.get((provider, model))
        if rule is None or rule.input_price is None or rule.output_price is None:
            return None
        return (usage.prompt_tokens * rule.input_price + usage.completion_tokens * rule.output_price) / _MILLION


def over(own: Settings, servers: Iterable[ServerSettings]) -> Settings:
    changed: dict[str, Any] = {}
    for server in servers:
        address, key, model = FIELDS[server.provider]
        changed |= {address: server.address} if server.address else {}
        changed |= {key: SecretStr(server.key)} if server.key and key else {}
        changed |= {model: server.model} if server.model else {}
    return own.model_copy(update=changed)
