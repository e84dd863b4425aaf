"""Accounts as their owners use them: sign in, set and change the password, the profile."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from core.entities.people import Client, Principal, User, UserStatus
from core.errors import BadInput, Locked, NichewiseError, NotSignedIn, WrongCredentials
from core.i18n import LOCALES
from core.security import new_token, token_hash
from core.settings import Settings
from data.database import Database
from data.stores.failures import Tries
from data.transaction import Stores
from services.identity import letters
from services.identity.credentials import Passwords, check_password, normal_email, valid_email, valid_name
from services.identity.entry import refusal
from services.identity.mail import Mail
from services.rates import Rate, Rates

MOST_TRIES = 5
LOCK = timedelta(minutes=15)
RESET_LASTS = timedelta(minutes=60)

# Per address a request comes from: generous, because a whole office may share one.
_SIGN_INS = Rate(120, timedelta(minutes=1))
_RESETS = Rate(60, timedelta(hours=1))
_PASSWORD_CHANGES = Rate(10, timedelta(minutes=15))  # per person: the old password must not be guessed either
_RESET_TAKES = 0.15  # seconds, whether the e-mail is known or not


class Accounts:
    def __init__(self, db: Database, settings: Settings, mail: Mail, rates: Rates, passwords: Passwords) -> None:
        self._db = db
        self._settings = settings
        self._mail = mail
        self._rates = rates
        self._passwords = passwords

    # --- sign in ----------------------------------------------------------------------------------------------------

    def sign_in(self, email: str, password: str, client: Client) -> User:
        """The person, who may enter now.

        `WrongCredentials`; `Locked` for 15 minutes after 5 wrong tries for one e-mail, whether or not somebody has
        it; `Forbidden` with the reason for a right password of somebody who may not enter.
        """
        self._rates.hit(f"sign-in:{client.ip}", _SIGN_INS)
        address = normal_email(email)
        if address is None:
            self._passwords.matches(password, "")
            raise WrongCredentials
        stored, tries = self._count_try(address, client)
        right = self._passwords.matches(password, stored)
        with self._db.begin() as tx:
            outcome = self._entered(tx, address, client) if right else self._missed(tx, address, tries, client)
        if isinstance(outcome, NichewiseError):
            raise outcome
        return outcome

    def _count_try(self, address: str, client: Client) -> tuple[str, Tries]:
        """The hash to check against and the tries so far; raises `Locked` once they are used up."""
        with self._db.begin() as tx:
            tries = tx.failures.count_try(address, most=MOST_TRIES, lock=LOCK)
            known = tx.users.credentials(address)
            if tries.locked_for:
                tx.audit.write(address, "sign_in.locked", "user", known[0].id if known else "", ip=client.ip)
        if tries.locked_for:
            raise Locked(minutes=math.ceil(tries.locked_for / 60), seconds=tries.locked_for)
        return known[1] if known else "", tries

    def _missed(self, tx: Stores, address: str, tries: Tries, client: Client) -> WrongCredentials:
        user = tx.users.by_email(address)
        locks = tries.count >= MOST_TRIES and tx.failures.lock(address, most=MOST_TRIES, lock=LOCK)
        tx.audit.write(
            address, "sign_in.failed", "user", user.id if user else "", ip=client.ip, tries=tries.count, locked=locks
        )
        return WrongCredentials()

    def _entered(self, tx: Stores, address: str, client: Client) -> User | NichewiseError:
        tx.failures.clear(address)
        user = tx.users.by_email(address)
        if user is None:  # deleted while the password was checked
            return WrongCredentials()
        if refused := refusal(user, lasting=tx.allowlist.of(address).lasting):
            tx.audit.write(user, "sign_in.refused", "user", user.id, ip=client.ip, status=user.status.value)
            return refused
        tx.users.touch_sign_in(user.id)
        tx.registrations.hand_over(user.id)
        tx.audit.write(user, "sign_in", "user", user.id, ip=client.ip)
        return user

    # --- passwords --------------------------------------------------------------------------------------------------

    def request_reset(self, email: str, client: Client) -> None:
        """Mails a link that sets a new password within 60 minutes; unknown e-mails end the same way and as fast."""
        self._rates.hit(f"reset:{client.ip}", _RESETS)
        address = valid_email(email)
        with _taking(_RESET_TAKES), self._db.begin() as tx:
            user = tx.users.by_email(address)
            may_reset = user is not None and user.status is not UserStatus.DISABLED
            tx.audit.write(address, "password.reset_asked", "user", user.id if user else "", ip=client.ip)
            if user and may_reset and letters.may_write(tx, user):
                self.send_reset(tx, user)

    def send_reset(self, tx: Stores, user: User, *, invited: bool = False) -> None:
        """Writes the letter with a new single-use link, in the caller's transaction."""
        token = new_token()
        tx.resets.create(user.id, token_hash(token), lasts=RESET_LASTS)
        link = f"{letters.public_url(self._settings)}/?reset={token}"
        text = letters.invitation if invited else letters.reset_link
        self._mail.queue(tx, user.email, *text(self._language(user), link, int(RESET_LASTS.total_seconds() // 60)))

    def reset_password(self, token: str, password: str, client: Client) -> User:
        """Sets a new password with a mailed token and ends all sessions; `BadInput` if the token is used or late. A
        password that cannot be used leaves the token as it is."""
        expired = BadInput("This link was used already or is too old. Ask for a new one.")
        hashed_token = token_hash(token)
        with self._db.read() as tx:
            owner = tx.resets.owner(hashed_token)
        if owner is None:
            raise expired
        check_password(password, owner.email)
        hashed = self._passwords.hash(password)
        with self._db.begin() as tx:
            if tx.resets.use(hashed_token) is None:
                raise expired
            self._set_password(tx, owner, hashed)
            tx.profiles.prove(owner.id)
            tx.sessions.revoke_all(owner.id)
            tx.failures.clear(owner.email)
            tx.audit.write(owner, "password.reset", "user", owner.id, ip=client.ip)
        return owner

    def change_password(self, principal: Principal, old: str, new: str) -> None:
        """`BadInput` if `old` is wrong; every other session of the caller ends."""
        user_id = _user_id(principal)
        self._rates.hit(f"password:{user_id}", _PASSWORD_CHANGES)
        with self._db.read() as tx:
            known = tx.users.credentials(principal.email)
        if not self._passwords.matches(old, known[1] if known else ""):
            raise BadInput("The present password is wrong.")
        check_password(new, principal.email)
        hashed = self._passwords.hash(new)
        with self._db.begin() as tx:
            user = tx.users.lock(user_id)
            if user is None:
                raise NotSignedIn
            self._set_password(tx, user, hashed)
            tx.sessions.revoke_all(user_id, but=principal.session_id)
            tx.audit.write(principal, "password.changed", "user", user_id)

    def _set_password(self, tx: Stores, user: User, hashed: str) -> None:
        tx.users.update(user.id, password_hash=hashed)
        tx.resets.cancel(user.id)
        self._mail.queue(
            tx, user.email, *letters.password_changed(self._language(user), letters.public_url(self._settings))
        )

    # --- profile ----------------------------------------------------------------------------------------------------

    def update_profile(self, principal: Principal, name: str, locale: str) -> User:
        return self._update(principal, name=valid_name(name), locale=_locale(locale))

    def set_locale(self, principal: Principal, locale: str) -> User:
        return self._update(principal, locale=_locale(locale))

    def _update(self, principal: Principal, **values: str) -> User:
        user_id = _user_id(principal)
        with self._db.begin() as tx:
            user = tx.users.update(user_id, **values)
            tx.audit.write(principal, "profile.updated", "user", user_id, changes=values)
        return user

    def _language(self, user: User) -> str:
        return user.locale or self._settings.locale


def _locale(text: str) -> str:
    if text not in LOCALES:
        raise BadInput("Choose one of these languages: %(locales)s.", locales=", ".join(LOCALES))
    return text


def _user_id(principal: Principal) -> UUID:
    if principal.user_id is None:
        raise NotSignedIn
    return principal.user_id


@contextmanager
def _taking(seconds: float) -> Iterator[None]:
    """Ends no sooner than `seconds` after it began, however it ends."""
    end = time.monotonic() + seconds
    try:
        yield
    finally:
        time.sleep(max(0.0, end - time.monotonic()))
