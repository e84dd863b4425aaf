"""People, who asks, sessions and keys, and what is written down and sent about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from core.roles import PERMISSIONS, Permission, Role


class UserStatus(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class User:
    id: UUID
    email: str
    name: str
    role: Role
    status: UserStatus
    locale: str | None
    created_at: datetime
    last_sign_in_at: datetime | None = None
    active_until: datetime | None = None
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, as of this request. A guest has no `user_id`; `guest_id` ties a guest's conversations together."""

    role: Role
    user_id: UUID | None = None
    email: str = ""
    name: str = ""
    locale: str | None = None
    session_id: UUID | None = None
    guest_id: UUID | None = None
    ip: str = ""
    seen_by: UUID | None = None  # the administrator who looks through this person's eyes, reading only

    @property
    def permissions(self) -> frozenset[Permission]:
        return PERMISSIONS[self.role]

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def is_same(self, other: Principal) -> bool:
        """Whether they are one person, or one guest; those of whom nothing is known are nobody's."""
        who = self.user_id or self.guest_id
        return who is not None and who == (other.user_id or other.guest_id)


@dataclass(frozen=True, slots=True)
class Client:
    """The program at the other end of a request, as far as it tells."""

    ip: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser (`kind='browser'`) or an API token (`kind='token'`); the secret itself is never stored."""

    id: UUID
    user_id: UUID
    kind: Literal["browser", "token"]
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    user_agent: str
    ip: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    id: UUID
    name: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    at: datetime
    actor_id: UUID | None
    actor: str
    action: str
    object_type: str
    object_id: str
    detail: Mapping[str, Any]
    ip: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail in the outbox. `body` is empty once it is sent."""

    id: UUID
    recipient: str
    subject: str
    body: str
    status: Literal["waiting", "sent", "failed"]
    attempts: int
    error: str
    created_at: datetime
    sent_at: datetime | None
