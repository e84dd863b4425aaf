"""People as administrators see them: who they are, what they may do, and since when they may enter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from core.entities.people import Principal, User, UserStatus
from core.entities.registration import Profile
from core.errors import BadInput, Conflict, Forbidden, NotFound
from core.roles import Permission, Role
from core.settings import Settings
from data.database import Database
from data.transaction import Stores
from services.identity import letters
from services.identity.accounts import Accounts
from services.identity.credentials import Passwords, check_password, valid_email, valid_name
from services.identity.enrolment import access_end
from services.identity.mail import Mail

ROLES = (Role.SALES, Role.ANALYST, Role.ADMIN)  # guests have no account
_LONGEST_PAGE = 200


class PersonChanges(TypedDict, total=False):
    """What is left out stays; `active_until=None` takes an end date away."""

    name: str
    role: Role
    status: UserStatus
    active_until: datetime | None


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """`profiles` are those of `people` who told anything when they registered."""

    people: Sequence[User]
    total: int
    profiles: Mapping[UUID, Profile] = field(default_factory=dict)


class People:
    def __init__(self, db: Database, settings: Settings, mail: Mail, accounts: Accounts, passwords: Passwords) -> None:
        self._db = db
        self._settings = settings
        self._mail = mail
        self._accounts = accounts
        self._passwords = passwords

    def list(
        self,
        principal: Principal,
        text: str = "",
        *,
        status: UserStatus | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> PeoplePage:
        """People whose e-mail or name contains `text`, those who wait for approval first."""
        _require(principal)
        page = min(max(limit, 1), _LONGEST_PAGE)
        with self._db.read() as tx:
            found, total = tx.users.find(text.strip(), status, limit=page, offset=max(offset, 0))
            profiles = tx.profiles.all([person.id for person in found])
        return PeoplePage(tuple(found), total, profiles)

    def create(self, principal: Principal, email: str, name: str, role: Role, password: str | None = None) -> User:
        """An active account; without a password its owner is mailed a link to choose one. `Conflict` if the e-mail
        has an account."""
        _require(principal)
        address, name = valid_email(email), valid_name(name)
        _check_role(role)
        if password is not None:
            check_password(password, address)
        hashed = self._passwords.hash(password) if password is not None else ""
        with self._db.begin() as tx:
            made = tx.users.create(address, name, role, UserStatus.ACTIVE, hashed)
            if made is None:
                raise Conflict("%(email)s has an account already.", email=address)
            if password is None:
                self._accounts.send_reset(tx, made, invited=True)
            tx.audit.write(principal, "person.created", "user", made.id, email=address, role=role.value)
        return made

    def update(self, principal: Principal, user_id: UUID, changes: PersonChanges) -> User:
        """Acts at once on every session and key of the person. `Conflict` when an administrator would take away their
        own role or the last administrator's."""
        _require(principal)
        values = _columns(changes)
        with self._db.begin() as tx:
            admins = tx.users.lock_active_admins()
            before = _found(tx.users.lock(user_id))
            after = {name: value for name, value in values.items() if getattr(before, name) != value}
            if not after:
                return before
            _keep_administrators(principal, before, after, admins)
            if _approves(before, after) and before.active_until is None and (end := access_end(self._settings)):
                after.setdefault("active_until", end)
            user = tx.users.update(user_id, **after)
            self._record(tx, principal, before, user, after)
        return user

    def approve(self, principal: Principal, user_id: UUID) -> User:
        """Lets somebody in who registered; somebody who is active already stays as they are."""
        return self.update(principal, user_id, {"status": UserStatus.ACTIVE})

    def revoke_sessions(self, principal: Principal, user_id: UUID) -> int:
        """Signs the person out everywhere; how many sessions ended."""
        _require(principal)
        with self._db.begin() as tx:
            person = _found(tx.users.get(user_id))
            ended = tx.sessions.revoke_all(user_id)
            tx.audit.write(principal, "person.sessions_revoked", "user", user_id, email=person.email, count=ended)
        return ended

    def _record(self, tx: Stores, principal: Principal, before: User, user: User, after: dict[str, Any]) -> None:
        changed = {name: [_plain(getattr(before, name)), _plain(value)] for name, value in after.items()}
        tx.audit.write(principal, _action(before, after), "user", user.id, email=user.email, changes=changed)
        if after.get("status") is UserStatus.DISABLED:
            tx.sessions.revoke_all(user.id)
        if _approves(before, after):
            locale = user.locale or self._settings.locale
            self._mail.queue(tx, user.email, *letters.approved(locale, letters.public_url(self._settings)))


def _require(principal: Principal) -> None:
    if not principal.may(Permission.PEOPLE):
        raise Forbidden


def _found(user: User | None) -> User:
    if user is None:
        raise NotFound("There is no such person.")
    return user


def _check_role(role: Role) -> None:
    if role not in ROLES:
        raise BadInput("Choose one of these roles: %(roles)s.", roles=", ".join(ROLES))


def _columns(changes: PersonChanges) -> dict[str, Any]:
    values: dict[str, Any] = {**changes}
    if "name" in values:
        values["name"] = valid_name(values["name"])
    if "role" in values:
        _check_role(values["role"])
    if values.get("status") is UserStatus.PENDING:
        raise BadInput("An account cannot go back to waiting for approval. Disable it instead.")
    return values


def _keep_administrators(principal: Principal, before: User, after: dict[str, Any], admins: Sequence[User]) -> None:
    loses = "role" in after or "status" in after or after.get("active_until") is not None
    if not loses or before.role is not Role.ADMIN:
        return
    if before.id == principal.user_id:
        raise Conflict("You cannot take your own administrator role away. Ask another administrator.")
    if before.status is UserStatus.ACTIVE and not any(admin.id != before.id for admin in admins):
        raise Conflict("This is the last active administrator. Make somebody else an administrator first.")


def _approves(before: User, after: dict[str, Any]) -> bool:
    return before.status is UserStatus.PENDING and after.get("status") is UserStatus.ACTIVE


def _action(before: User, after: dict[str, Any]) -> str:
    if "status" in after:
        if _approves(before, after):
            return "person.approved"
        return "person.disabled" if after["status"] is UserStatus.DISABLED else "person.enabled"
    return "person.role" if "role" in after else "person.updated"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
