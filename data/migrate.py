"""Brings a database to the newest schema."""

from __future__ import annotations

from alembic import command
from alembic.config import Config

from core.settings import ROOT


def configuration(url: str) -> Config:
    config = Config(ROOT / "alembic.ini")
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """`alembic upgrade head`; safe when several processes call it at once."""
    command.upgrade(configuration(url), "head")
