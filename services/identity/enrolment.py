"""Makes accounts for people who register themselves: who must prove their mailbox, who waits for an administrator."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from core.entities.people import Client, User, UserStatus
from core.errors import BadInput, WrongCode
from core.i18n import LOCALES
from core.security import token_hash
from core.settings import Settings
from data.database import Database
from data.transaction import Stores
from services.identity import letters
from services.identity.credentials import Passwords, check_password, valid_email, valid_name
from services.identity.mail import Mail
from services.rates import Rate, Rates

_REGISTRATIONS = Rate(60, timedelta(hours=1))  # per address a request comes from: a whole office may share one
PROVE_FIRST = "This e-mail address has to be confirmed first, with the code that is mailed to it."


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What somebody gave for an account, checked; of the password there is the hash alone."""

    email: str
    name: str
    password_hash: str = field(repr=False)
    locale: str | None = None
    city: str = ""
    niche: str = ""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """`status` is what a new account of this address has; `user` is None unless the caller has proven to be them."""

    status: UserStatus
    user: User | None = None


class Enrolment:
    def __init__(self, db: Database, settings: Settings, mail: Mail, rates: Rates, passwords: Passwords) -> None:
        self._db = db
        self._settings = settings
        self._mail = mail
        self._rates = rates
        self._passwords = passwords

    def prepare(self, email: str, name: str, password: str, locale: str | None, client: Client) -> NewAccount:
        """Checks what was given and hashes the password. `BadInput` or `WeakPassword` for what cannot be used."""
        self._rates.hit(f"register:{client.ip}", _REGISTRATIONS)
        address, name = valid_email(email), valid_name(name)
        check_password(password, address)
        return NewAccount(address, name, self._passwords.hash(password), locale if locale in LOCALES else None)

    def needs_proof(self, email: str) -> bool:
        """Whether an account of this address is active at once, and so must not be made without a proof."""
        with self._db.read() as tx:
            return self._approved(tx, valid_email(email))

    def enrol(
        self, new: NewAccount, client: Client, proof: str = "", *, conversation_id: UUID | None = None
    ) -> Enrolled:
        """Makes the account, with a proof of `services.identity.codes` where there is one. The answer is the same if
        the address has an account already: then its owner gets a mail instead. `conversation_id` is where they
        registered."""
        with self._db.begin() as tx:
            proven = self._redeem(tx, new, proof)
            approved = self._approved(tx, new.email)
            if approved and not proven:
                raise BadInput(PROVE_FIRST)
            status = UserStatus.ACTIVE if approved else UserStatus.PENDING
            made = self._create(tx, new, status)
            if made is None:
                self._tell_owner(tx, new.email, client)
                return Enrolled(status)
            tx.audit.write(made, "register", "user", made.id, ip=client.ip, status=status.value, proven=proven)
            self._settle(tx, made, new, proven, conversation_id)
        return Enrolled(status, made if proven else None)

    def _create(self, tx: Stores, new: NewAccount, status: UserStatus) -> User | None:
        until = access_end(self._settings) if status is UserStatus.ACTIVE else None  # else it begins with the approval
        role = self._settings.default_role
        return tx.users.create(
            new.email, new.name, role, status, new.password_hash, locale=new.locale, active_until=until
        )

    def _settle(self, tx: Stores, user: User, new: NewAccount, proven: bool, conversation_id: UUID | None) -> None:
        tx.profiles.change(user.id, city=new.city, niche=new.niche)
        if proven:
            tx.profiles.prove(user.id)
        if conversation_id is not None:
            tx.registrations.add(conversation_id, user.id)

    def _redeem(self, tx: Stores, new: NewAccount, proof: str) -> bool:
        if not proof:
            return False
        if tx.codes.redeem(token_hash(proof)) != new.email:
            raise WrongCode("Too much time has passed since the code. Ask for a new one.")
        return True

    def _approved(self, tx: Stores, address: str) -> bool:
        known = self._settings.allowed_emails + self._settings.allowed_email_domains
        return address in known or address.rpartition("@")[2] in known or tx.allowlist.of(address).approved

    def _tell_owner(self, tx: Stores, address: str, client: Client) -> None:
        owner = tx.users.by_email(address)
        tx.audit.write(address, "register.known", "user", owner.id if owner else "", ip=client.ip)
        if owner and letters.may_write(tx, owner):
            locale = owner.locale or self._settings.locale
            letter = letters.already_registered(locale, letters.public_url(self._settings))
            self._mail.queue(tx, owner.email, *letter)


def access_end(settings: Settings) -> datetime | None:
    """When the access of somebody who is let in now ends."""
    return datetime.now(UTC) + timedelta(days=settings.access_days) if settings.access_days else None
