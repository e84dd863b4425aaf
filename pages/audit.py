"""What was done and by whom: everything for administrators, one's own for everyone else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from components import navigation, session, tables
from components.i18n import N_, _
from core.entities import AuditEntry
from core.roles import Permission

_ENTRIES = 500
_GROUPS = {
    "": N_("All"),
    "sign_": N_("Sign-in"),
    "person.": N_("People"),
    "password.": N_("Passwords"),
    "key.": N_("API keys"),
    "session.": N_("Sessions"),
    "document.": N_("Documents"),
    "collection.": N_("Collections"),
}


def render() -> None:
    who = session.require(Permission.PROFILE)
    everything = who.may(Permission.AUDIT)
    explanation = _("What everyone did, newest first.") if everything else _("What you did, newest first.")
    navigation.title(_("Activity"), explanation)
    entries = session.services().audit.list(who, action=_group(), actor=_actor(everything), limit=_ENTRIES)
    columns = [
        tables.Column("at", _("When"), "time"),
        tables.Column("actor", _("Who")),
        tables.Column("action", _("What")),
        tables.Column("object", _("On what")),
        tables.Column("detail", _("Details"), width="large"),
        tables.Column("ip", _("Address")),
    ]
    tables.draw("audit", columns, [_row(entry) for entry in entries], empty=_("Nothing of this kind yet."))


def _group() -> str:
    chosen = st.pills(
        _("Kind"),
        list(_GROUPS),
        default="",
        format_func=lambda group: _(_GROUPS[group]),
        key="audit_group",
        label_visibility="collapsed",
    )
    return chosen or ""


def _actor(everything: bool) -> str:
    if not everything:
        return ""
    typed = st.text_input(
        _("Who"), key="audit_actor", placeholder=_("Part of an e-mail"), icon=":material/person_search:", width=320
    )
    return typed or ""


def _row(entry: AuditEntry) -> dict[str, Any]:
    return {
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "object": entry.object_type,
        "detail": _detail(entry.detail),
        "ip": entry.ip,
    }


def _detail(detail: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {_value(value)}" for name, value in detail.items())


def _value(value: Any) -> str:
    if isinstance(value, list) and len(value) == 2:
        return f"{value[0]} → {value[1]}"
    return str(value)
