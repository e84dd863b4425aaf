"""Builds the services once per process; `current()` is the only singleton of the product."""

from __future__ import annotations

from dataclasses import dataclass

from core.secrets import cipher
from core.settings import Settings
from data.database import Database
from services.accounts import Accounts
from services.audit import Audit
from services.health import Health
from services.keys import Keys
from services.mail import Mail
from services.people import People
from services.rates import Rates
from services.sessions import Sessions


@dataclass(frozen=True)
class Services:
    """What pages, api, jobs and voice call."""

    settings: Settings
    db: Database
    health: Health
    rates: Rates
    mail: Mail
    accounts: Accounts
    people: People
    keys: Keys
    sessions: Sessions
    audit: Audit

    def close(self) -> None:
        self.db.close()


_current: Services | None = None


def build(settings: Settings, database_url: str) -> Services:
    """Wires the services over the database at `database_url`; opens no connection and loads no model."""
    db = Database(database_url, cipher(settings))
    rates = Rates(db)
    mail = Mail(db, settings)
    accounts = Accounts(db, settings, mail, rates)
    keys = Keys(db)
    return Services(
        settings=settings,
        db=db,
        health=Health(db, settings),
        rates=rates,
        mail=mail,
        accounts=accounts,
        people=People(db, settings, mail, accounts),
        keys=keys,
        sessions=Sessions(db, keys),
        audit=Audit(db),
    )


def install(services: Services | None) -> None:
    global _current
    _current = services


def current() -> Services:
    if _current is None:
        from core.errors import NotReady

        raise NotReady
    return _current
