"""One-time codes: who can read a mailbox proves it with six digits that are mailed there."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from core.entities.people import Client
from core.errors import BadInput, TooMany, WrongCode
from core.i18n import LOCALES
from core.secrets import secret_key
from core.security import new_token, token_hash
from core.settings import Settings
from data.database import Database
from data.transaction import Stores
from services.identity import letters
from services.identity.credentials import valid_email
from services.identity.mail import Mail
from services.rates import Rate, Rates

JUST_SENT = "A code was sent just now. Ask for another one in %(seconds)s s."
DIGITS = 6
LASTS = timedelta(minutes=10)
PAUSE = timedelta(seconds=60)  # before another code for the same address
MOST_TRIES = 5
PROOF_LASTS = timedelta(minutes=30)

_SENT_TO = Rate(5, timedelta(hours=1))  # per address
# Per address a request comes from: generous, because a whole office may share one.
_SENT_FROM = Rate(60, timedelta(hours=1))
_TRIED_FROM = Rate(120, timedelta(minutes=10))


@dataclass(frozen=True, slots=True)
class Sent:
    """Seconds that the code is valid, and seconds until another one may be asked for."""

    expires_in: int = int(LASTS.total_seconds())
    resend_in: int = int(PAUSE.total_seconds())


class Codes:
    """Every method answers the same for an address that has an account and for one that has none."""

    def __init__(self, db: Database, settings: Settings, mail: Mail, rates: Rates) -> None:
        self._db = db
        self._settings = settings
        self._mail = mail
        self._rates = rates
        self._key = secret_key(settings).encode()

    def send(self, email: str, locale: str | None, client: Client) -> Sent:
        """Mails a code; the owner of an account is told instead that there is one. `BadInput` for what is no address,
        `TooMany` within 60 s of the last code and beyond five an hour."""
        self._rates.hit(f"codes-from:{client.ip}", _SENT_FROM)
        address = valid_email(email)
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
        with self._db.begin() as tx:
            wait = tx.codes.put(address, self._hash(address, code), lasts=LASTS, pause=PAUSE)
            if not wait:
                self._count(tx, address)
                self._write(tx, address, code, locale)
                tx.audit.write(address, "code.sent", "user", "", ip=client.ip)
        if wait:
            raise TooMany(JUST_SENT, seconds=wait)
        return Sent()

    def verify(self, email: str, code: str, client: Client) -> str:
        """A proof that the mailbox is the caller's, valid for one use within 30 minutes. `WrongCode` after one use,
        five tries or ten minutes."""
        self._rates.hit(f"codes-tried:{client.ip}", _TRIED_FROM)
        address, digits = valid_email(email), read_code(code)
        proof = new_token()
        with self._db.begin() as tx:  # a try is counted although it fails
            right = tx.codes.use(address, self._hash(address, digits), most=MOST_TRIES)
            if right:
                tx.codes.prove(address, token_hash(proof), lasts=PROOF_LASTS)
            tx.audit.write(address, "code.accepted" if right else "code.refused", "user", "", ip=client.ip)
        if not right:
            raise WrongCode
        return proof

    def _count(self, tx: Stores, address: str) -> None:
        hits, seconds = tx.rates.hit(f"codes:{address}", _SENT_TO.per)
        if hits > _SENT_TO.most:
            raise TooMany(seconds=seconds)

    def _write(self, tx: Stores, address: str, code: str, locale: str | None) -> None:
        owner = tx.users.by_email(address)
        chosen = (owner.locale if owner else None) or (locale if locale in LOCALES else self._settings.locale)
        if owner is not None:
            letter = letters.already_registered(str(chosen), letters.public_url(self._settings))
        else:
            letter = letters.one_time_code(str(chosen), code, int(LASTS.total_seconds() // 60))
        self._mail.queue(tx, address, *letter)

    def _hash(self, address: str, code: str) -> bytes:
        """With a key: a million codes are soon tried against a bare hash."""
        return hmac.digest(self._key, f"code:{address}:{code}".encode(), hashlib.sha256)


def read_code(text: str) -> str:
    """The six digits of "123 456" or "123-456"; `BadInput` for anything else, which counts as no try."""
    digits = re.sub(r"[\s\u00a0-]", "", text)
    if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", digits):
        raise BadInput("A code has %(digits)s digits. Copy it from the mail.", digits=DIGITS)
    return digits
