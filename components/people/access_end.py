"""Access that ends: until when a person may enter, shown and set."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import streamlit as st

from components import errors, session
from components.i18n import _, date_time
from components.markup import plain
from core.entities.people import User

_FIRST_OFFER = timedelta(days=90)
_FORMATS = {"en": "YYYY-MM-DD", "ru": "DD.MM.YYYY"}


def badge(person: User) -> str:
    """Markdown that says until when somebody may enter; empty where there is no end."""
    if person.active_until is None:
        return ""
    ended = person.active_until <= datetime.now(UTC)
    at = date_time(person.active_until)
    words = _("ended %(date)s", date=at) if ended else _("until %(date)s", date=at)
    return f" :{'red' if ended else 'blue'}-badge[{plain(words)}]"


def change(person: User) -> None:
    """The dialog that sets or takes away the end of somebody's access."""
    st.markdown(f"**{plain(person.name)}**  \n{plain(person.email)}")
    limited = st.toggle(_("Access ends on a day"), value=person.active_until is not None, key="people_end_limited")
    known = person.active_until or datetime.now(UTC) + _FIRST_OFFER
    day = st.date_input(
        _("Last day"), known.date(), format=_FORMATS[session.locale()], disabled=not limited, key="people_end_day"
    )
    st.caption(_("From then on sessions and API keys no longer work. The allowlist takes precedence."))
    sent = st.button(_("Save"), type="primary", key="people_end_save")
    if sent:
        with errors.shown():
            until = datetime.combine(day, time.max, UTC) if limited else None
            session.services().people.update(session.principal(), person.id, {"active_until": until})
            st.rerun()
