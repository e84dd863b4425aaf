"""People: who they are, their role, their status and the hash of their password."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from core.entities.people import Principal, User, UserStatus
from core.roles import Role
from data.stores.allowlist import access_lasts
from data.tables.people import users

USER_COLUMNS = [column for column in users.c if column.name != "password_hash"]

PRINCIPAL_COLUMNS = (users.c.id, users.c.email, users.c.name, users.c.role, users.c.locale)


@cache  # asked with every request, and the same for all
def may_enter() -> ColumnElement[bool]:
    """Users whose sessions and keys are valid right now."""
    lasting = or_(users.c.active_until.is_(None), users.c.active_until > func.now(), access_lasts())
    return and_(users.c.status == UserStatus.ACTIVE.value, lasting)


def principal_of(row: Row[Any], session_id: UUID | None = None, ip: str = "") -> Principal:
    """The principal in a row that has at least `PRINCIPAL_COLUMNS`."""
    return Principal(
        role=Role(row._mapping[users.c.role]),
        user_id=row._mapping[users.c.id],
        email=row._mapping[users.c.email],
        name=row._mapping[users.c.name],
        locale=row._mapping[users.c.locale],
        session_id=session_id,
        ip=ip,
    )


def user_of(row: Row[Any]) -> User:
    """The user in a row that has at least `USER_COLUMNS`."""
    values = {column.name: row._mapping[column] for column in USER_COLUMNS}
    return User(**{**values, "role": Role(values["role"]), "status": UserStatus(values["status"])})


class Users:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, user_id: UUID) -> User | None:
        row = self._connection.execute(select(*USER_COLUMNS).where(users.c.id == user_id)).one_or_none()
        return user_of(row) if row else None

    def by_email(self, email: str) -> User | None:
        row = self._connection.execute(select(*USER_COLUMNS).where(users.c.email == email)).one_or_none()
        return user_of(row) if row else None

    def credentials(self, email: str) -> tuple[User, str] | None:
        """The user and the hash of their password, which is "" for a person who has not set one yet."""
        row = self._connection.execute(select(users).where(users.c.email == email)).one_or_none()
        return (user_of(row), row.password_hash) if row else None

    def create(
        self,
        email: str,
        name: str,
        role: Role,
        status: UserStatus,
        password_hash: str,
        *,
        locale: str | None = None,
        active_until: datetime | None = None,
        demo: bool = False,
    ) -> User | None:
        """None if the e-mail is taken, also by a transaction that commits at the same time."""
        statement = (
            insert(users)
            .values(
                email=email,
                name=name,
                role=role.value,
                status=status.value,
                password_hash=password_hash,
                locale=locale,
                active_until=active_until,
                demo=demo,
            )
            .on_conflict_do_nothing(index_elements=["email"])
            .returning(*USER_COLUMNS)
        )
        row = self._connection.execute(statement).one_or_none()
        return user_of(row) if row else None

    def update(self, user_id: UUID, **values: Any) -> User:
        """`values` are columns of the table; the user must exist."""
        statement = update(users).where(users.c.id == user_id).values(**values).returning(*USER_COLUMNS)
        return user_of(self._connection.execute(statement).one())

    def touch_sign_in(self, user_id: UUID) -> None:
        self._connection.execute(update(users).where(users.c.id == user_id).values(last_sign_in_at=func.now()))

    def lock(self, user_id: UUID) -> User | None:
        """The user, whose row others cannot change until this transaction ends."""
        query = select(*USER_COLUMNS).where(users.c.id == user_id).with_for_update()
        row = self._connection.execute(query).one_or_none()
        return user_of(row) if row else None

    def lock_active_admins(self) -> list[User]:
        """Administrators without an end date, locked in one order before anything else: two who demote each other
        at once wait instead of both succeeding."""
        lasting = users.c.active_until.is_(None)
        query = select(*USER_COLUMNS).where(
            users.c.role == Role.ADMIN.value, users.c.status == UserStatus.ACTIVE.value, lasting
        )
        return [user_of(row) for row in self._connection.execute(query.order_by(users.c.id).with_for_update())]

    def find(self, text: str, status: UserStatus | None, *, limit: int, offset: int) -> tuple[list[User], int]:
        """People whose e-mail or name contains `text`, those waiting for approval first; and how many there are."""
        conditions = [
            or_(users.c.email.icontains(text, autoescape=True), users.c.name.icontains(text, autoescape=True))
        ]
        if status:
            conditions.append(users.c.status == status.value)
        total = self._connection.execute(select(func.count()).select_from(users).where(*conditions)).scalar_one()
        waiting_first = (users.c.status != UserStatus.PENDING.value, users.c.email)
        query = select(*USER_COLUMNS).where(*conditions).order_by(*waiting_first).limit(limit).offset(offset)
        return [user_of(row) for row in self._connection.execute(query)], total
