"""Guardrail rules, what they stopped, and how much each role may ask."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from core.roles import Role


@dataclass(frozen=True, slots=True)
class GuardRules:
    """One saved state of the guardrail rules; `body` is their YAML text. Version 0 are the shipped ones."""

    version: int
    body: str
    note: str = ""
    author: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SecurityEvent:
    """A text that a rule stopped: a message (`prompt`) or an answer."""

    id: int
    at: datetime
    actor_id: UUID | None
    actor: str
    ip: str
    side: Literal["prompt", "answer"]
    rule: str
    category: str
    rules_version: int
    text: str


@dataclass(frozen=True, slots=True)
class RoleLimit:
    """`tokens_per_day` None: no quota."""

    role: Role
    per_minute: int
    tokens_per_day: int | None = None
