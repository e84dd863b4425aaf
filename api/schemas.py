"""What the API reads and writes about people, keys and the service."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from core.entities.people import ApiKey, AuditEntry, Principal, User, UserStatus
from core.roles import Permission, Role


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("it holds a character that is not text")
    return text


Storable = Annotated[str, AfterValidator(_storable)]
"""Text that PostgreSQL can keep: without NUL and without half a character."""

Short = Annotated[Storable, Field(max_length=300)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


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


class UserIn(_Input):
    email: Short
    name: Short
    role: Role
    password: Annotated[Storable, Field(max_length=1000)] | None = Field(
        default=None, description="Without one, the person is mailed a link to choose it."
    )


class UserChangesIn(_Input):
    """What is left out stays. `active_until: null` takes an end date away."""

    name: Short = ""
    role: Role = Role.SALES
    status: UserStatus = UserStatus.ACTIVE
    active_until: AwareDatetime | None = None


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


class KeyIn(_Input):
    name: Short = "API key"
    expires_at: AwareDatetime | None = None


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
