"""What the API reads and writes about people, keys and the service."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.inputs import Input, Moment, Short, example
from core.entities.people import ApiKey, AuditEntry, Principal, User, UserStatus
from core.roles import Permission, Role


class TokenOut(BaseModel):
    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the word of RFC 6750
    expires_in: int = Field(description="Seconds.")


class MeOut(BaseModel):
    id: UUID | None
    email: str
    name: str
    role: Role
    permissions: list[Permission]

    @classmethod
    def of(cls, principal: Principal) -> MeOut:
        return cls(
            id=principal.user_id,
            email=principal.email,
            name=principal.name,
            role=principal.role,
            permissions=sorted(principal.permissions),
        )


class UserIn(Input):
    model_config = example(email="new@example.com", name="New Person", role="sales")

    email: Short
    name: Short
    role: Role
    password: Annotated[str, Field(max_length=1000)] | None = Field(
        default=None, description="Without one, the person is mailed a link to choose it."
    )


class UserChangesIn(Input):
    """What is left out stays. `active_until: null` takes an end date away."""

    model_config = example(role="analyst")

    name: Short = ""
    role: Role = Role.SALES
    status: UserStatus = UserStatus.ACTIVE
    active_until: Moment | None = None


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str
    name: str
    role: Role
    status: UserStatus
    locale: str | None
    created_at: datetime
    last_sign_in_at: datetime | None
    active_until: datetime | None
    demo: bool

    @classmethod
    def of(cls, user: User) -> UserOut:
        return cls.model_validate(user)


class KeyIn(Input):
    model_config = example(name="Nightly report", expires_at="2030-01-01T00:00:00Z")

    name: Short = "API key"
    expires_at: Moment | None = None


class KeyOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> KeyOut:
        return cls.model_validate(key)


class NewKeyOut(KeyOut):
    key: str = Field(description="Shown this once.")


class AuditOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    at: datetime
    actor: str
    action: str
    object_type: str
    object_id: str
    detail: dict[str, object]
    ip: str

    @classmethod
    def of(cls, entry: AuditEntry) -> AuditOut:
        return cls.model_validate(entry)


class HealthOut(BaseModel):
    status: Literal["ok"] = "ok"


class ReadyOut(BaseModel):
    status: Literal["ok", "starting"]
    parts: dict[str, str] = Field(description="Part -> ok, or the reason why it is not.")
