"""What guardrails have stopped: everything for administrators, one's own for everyone else."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import session, tables
from components.i18n import _
from components.security import security_words
from core.entities.guards import SecurityEvent
from core.entities.people import Principal
from core.roles import Permission

_EVENTS = 500


def draw(who: Principal) -> None:
    everything = who.may(Permission.AUDIT)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        category = _category()
        actor = _actor() if everything else ""
    found = session.services().guardrails.events(who, category=category, actor=actor, limit=_EVENTS)
    columns = [
        tables.Column("at", _("When"), "time"),
        tables.Column("text", _("Text"), width="large"),
        *([tables.Column("actor", _("Who"))] if everything else []),
        tables.Column("category", _("Why")),
        tables.Column("rule", _("Rule")),
        tables.Column("side", _("In"), width="small"),
        *([tables.Column("ip", _("Address"))] if everything else []),
        tables.Column("version", _("Version of the rules"), "number"),
    ]
    tables.draw("security_events", columns, [_row(event) for event in found], empty=_("Nothing has been stopped."))


def _category() -> str:
    chosen = st.selectbox(
        _("Why"),
        ["", *security_words.CATEGORIES],
        format_func=lambda code: security_words.category(code) if code else _("All"),
        key="security_category",
    )
    return chosen or ""


def _actor() -> str:
    typed = st.text_input(
        _("Who"), key="security_actor", placeholder=_("Part of an e-mail"), icon=":material/person_search:"
    )
    return typed or ""


def _row(event: SecurityEvent) -> dict[str, Any]:
    return {
        "at": event.at,
        "actor": event.actor or _("guest"),
        "category": security_words.category(event.category),
        "rule": security_words.rule(event.rule),
        "text": event.text,
        "side": _(security_words.SIDES[event.side]),
        "ip": event.ip,
        "version": event.rules_version,
    }
