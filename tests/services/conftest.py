"""People for the tests of services, with a cheap password hash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from core.entities.people import Client, Principal, User, UserStatus
from core.roles import Role
from core.security import hash_password
from core.settings import Settings
from data.database import Database
from services.identity.accounts import Accounts
from services.identity.codes import Codes
from services.identity.credentials import Passwords
from services.identity.enrolment import Enrolment
from services.identity.first_people import FirstPeople
from services.identity.keys import Keys
from services.identity.mail import Mail
from services.identity.people import People
from services.identity.sessions import Sessions
from services.rates import Rates
from tests.servers.smtp import SmtpServer

PASSWORD = "correct horse battery"
ROUNDS = 4
CLIENT = Client("192.0.2.7", "tests")
_HASH = hash_password(PASSWORD, ROUNDS)


class House:
    """The services of this room over one database, and the clock of that database turned forward."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self.db = db
        self.settings = settings
        passwords = Passwords(ROUNDS)
        self.mail = Mail(db, settings)
        self.accounts = Accounts(db, settings, self.mail, Rates(db), passwords)
        self.codes = Codes(db, settings, self.mail, Rates(db))
        self.enrolment = Enrolment(db, settings, self.mail, Rates(db), passwords)
        self.people = People(db, settings, self.mail, self.accounts, passwords)
        self.first_people = FirstPeople(db, settings, passwords)
        self.keys = Keys(db)
        self.sessions = Sessions(db, self.keys)

    def person(
        self, email: str = "ann@example.com", role: Role = Role.SALES, status: UserStatus = UserStatus.ACTIVE
    ) -> User:
        with self.db.begin() as tx:
            made = tx.users.create(email, "Ann", role, status, _HASH)
        assert made
        return made

    def register(self, email: str, name: str, password: str, locale: str | None, proof: str = "") -> UserStatus:
        new = self.enrolment.prepare(email, name, password, locale, CLIENT)
        return self.enrolment.enrol(new, CLIENT, proof).status

    def admin(self, email: str = "admin@example.com") -> Principal:
        user = self.person(email, Role.ADMIN)
        return Principal(role=Role.ADMIN, user_id=user.id, email=user.email, name=user.name)

    def signed_in(self, user: User) -> tuple[str, Principal]:
        """A browser of the user: its cookie, and who that is."""
        token, _session = self.sessions.exchange(self.sessions.issue_ticket(user, "nonce"), "nonce", CLIENT)
        return token, self.sessions.resolve(token)

    def letters(self) -> list[tuple[str, str, str]]:
        """(recipient, subject, body), oldest first."""
        with self.db.begin() as tx:
            found = tx.outbox.recent(limit=100, offset=0)
        return [(letter.recipient, letter.subject, letter.body) for letter in reversed(found)]

    def actions(self) -> list[str]:
        """What the audit log says, oldest first."""
        with self.db.begin() as tx:
            return [entry.action for entry in reversed(tx.audit.recent())]

    def later(self, by: timedelta, table: str, *columns: str) -> None:
        """Moves times of a table into the past, as if `by` had passed."""
        moved = ", ".join(f"{column} = {column} - :by" for column in columns)
        with self.db.begin() as tx:
            tx.connection.execute(text(f"UPDATE {table} SET {moved}"), {"by": by})


@pytest.fixture
def house(db: Database, settings: Settings) -> House:
    return House(db, settings)


@pytest.fixture
def make_house(db: Database, settings: Settings) -> Callable[..., House]:
    """A house with some settings changed, over the same database."""
    return lambda **changes: House(db, settings.model_copy(update=changes))


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server
