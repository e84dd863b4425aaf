"""What was done and by whom: everything for administrators, one's own for everyone else."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import audit_words, navigation, session, tables
from components.i18n import _
from core.entities.people import AuditEntry, Principal
from core.roles import Permission

_ENTRIES, _PAGES = 500, "audit_pages"


def render() -> None:
    who = session.require(Permission.PROFILE)
    everything = who.may(Permission.AUDIT)
    explanation = _("What everyone did, newest first.") if everything else _("What you did, newest first.")
    navigation.title(_("Activity"), explanation)
    group, actor = _group(), _actor() if everything else ""
    entries, more = _entries(who, group, actor)
    columns = [
        tables.Column("at", _("When"), "time"),
        tables.Column("action", _("What"), width="medium"),
        tables.Column("actor", _("Who")),
        *([tables.Column("ip", _("Address"))] if any(entry.ip for entry in entries) else []),
        tables.Column("detail", _("Details"), width="large"),
    ]
    rows = [_row(entry) for entry in entries]
    tables.draw("audit", columns, rows, empty=_("Nothing of this kind yet."))
    if more:
        st.button(_("Show earlier ones too"), icon=":material/history:", key="audit_more", on_click=_more)


def _entries(who: Principal, group: str, actor: str) -> tuple[list[AuditEntry], bool]:
    """The newest that were asked for, and whether there are earlier ones."""
    log, found = session.services().audit, list[AuditEntry]()
    for page in range(int(session.get(_PAGES) or 1)):
        got = log.list(who, action=group, actor=actor, limit=_ENTRIES, offset=page * _ENTRIES)
        found += got
        if len(got) < _ENTRIES:
            return found, False
    return found, True


def _more() -> None:
    session.put(_PAGES, int(session.get(_PAGES) or 1) + 1)


def _group() -> str:
    chosen = st.pills(
        _("Kind"),
        list(audit_words.GROUPS),
        default="",
        format_func=lambda group: _(audit_words.GROUPS[group]),
        key="audit_group",
        label_visibility="collapsed",
    )
    return chosen or ""


def _actor() -> str:
    typed = st.text_input(
        _("Who"),
        key="audit_actor",
        placeholder=_("Part of an e-mail"),
        icon=":material/person_search:",
        label_visibility="collapsed",
    )
    return typed or ""


def _row(entry: AuditEntry) -> dict[str, Any]:
    return {
        "at": entry.at,
        "actor": audit_words.actor(entry.actor),
        "action": audit_words.action(entry.action),
        "detail": audit_words.detail(entry),
        "ip": entry.ip,
    }
