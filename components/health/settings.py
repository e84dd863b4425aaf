"""How the installation is set up: every setting by its name in the environment, secrets hidden."""

from __future__ import annotations

import streamlit as st
from pydantic import SecretStr

from components import session, tables
from components.i18n import _


def draw() -> None:
    st.subheader(_("Settings"), anchor=False)
    st.caption(
        _("Set in the environment or in the file .env; secrets are not shown. A dash is what nobody has set: the "
          "product then uses what it has made or found itself.")
    )  # fmt: skip
    settings = session.services().settings
    rows = [
        {"name": _variable(name, field.validation_alias), "value": _shown(getattr(settings, name))}
        for name, field in type(settings).model_fields.items()
    ]
    tables.draw(
        "settings", [tables.Column("name", _("Setting")), tables.Column("value", _("Value"), width="large")], rows
    )


def _variable(name: str, alias: object) -> str:
    """What it is called in the environment."""
    return alias if isinstance(alias, str) else f"NICHEWISE_{name.upper()}"


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return _("set, hidden")
    if value is None or value == ():
        return "–"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
