"""Brings a database to the newest schema."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy.exc import OperationalError

from core.settings import ROOT

DatabaseDown = OperationalError  # what `upgrade` raises when the server does not answer


def configuration(url: str) -> Config:
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """`alembic upgrade head`; safe when several processes call it at once."""
    command.upgrade(configuration(url), "head")
