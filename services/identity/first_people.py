"""Who is there before anybody can register: the first administrator, and the people of the demo."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from core.entities.people import User, UserStatus
from core.errors import StartupError, WeakPassword
from core.roles import Role
from core.settings import Settings
from data.database import Database
from services.identity.credentials import Passwords, check_password, valid_email

_DEMO = (
    ("sales@demo.local", "Sam Sales", Role.SALES),
    ("analyst@demo.local", "Ann Analyst", Role.ANALYST),
)


class FirstPeople:
    """Asked at every start; several processes may start at once."""

    def __init__(self, db: Database, settings: Settings, passwords: Passwords) -> None:
        self._db = db
        self._settings = settings
        self._passwords = passwords

    def ensure_admin(self) -> tuple[str, str | None]:
        """The administrator's e-mail, with the password if one was made up just now: it is stored nowhere."""
        address = valid_email(self._settings.admin_email)
        with self._db.begin() as tx:
            admins = [admin.email for admin in tx.users.lock_active_admins()]
        if admins:
            return (address if address in admins else admins[0]), None
        chosen = self._settings.admin_password
        password = chosen.get_secret_value() if chosen else _made_up()
        if self._make(address, "Administrator", Role.ADMIN, password, demo=False) is None:
            self._accept_other_start(address)
            return address, None
        return address, None if chosen else password

    def _accept_other_start(self, address: str) -> None:
        """The e-mail is taken: fine if another process made the administrator just now."""
        with self._db.begin() as tx:
            if not tx.users.lock_active_admins():
                raise StartupError(
                    "There is no active administrator, and %(email)s belongs to somebody else. Set "
                    "NICHEWISE_ADMIN_EMAIL to another address.",
                    email=address,
                )

    def ensure_demo(self) -> Sequence[tuple[str, Role, str]]:
        """(e-mail, role, password) of those demo people who were missing and are there now."""
        made = ((address, name, role, _made_up()) for address, name, role in _DEMO)
        return [
            (address, role, password)
            for address, name, role, password in made
            if self._make(address, name, role, password, demo=True)
        ]

    def _make(self, address: str, name: str, role: Role, password: str, *, demo: bool) -> User | None:
        with self._db.begin() as tx:
            if tx.users.by_email(address):
                return None
        try:
            check_password(password, address)
        except WeakPassword as error:
            raise StartupError("NICHEWISE_ADMIN_PASSWORD cannot be used. " + error.template, **error.values) from error
        hashed = self._passwords.hash(password)
        with self._db.begin() as tx:
            made = tx.users.create(address, name, role, UserStatus.ACTIVE, hashed, demo=demo)
            if made:
                tx.audit.write("system", "person.created", "user", made.id, email=address, role=role.value, demo=demo)
        return made


def _made_up() -> str:
    return secrets.token_urlsafe(12)  # 96 bits
