"""Sends the browser to fetch or end its session: Streamlit cannot set an HttpOnly cookie, `/auth/session` can."""

from __future__ import annotations

import json
from urllib.parse import urlencode, urlsplit

import streamlit as st

from components import session
from components.i18n import _
from core.entities.people import User

_OF_SIGNING_IN = ("reset", "sign_in")


def redirect(user: User) -> None:
    """Exchanges a single-use ticket for the session cookie and comes back to the page that was asked for."""
    issued = session.services().sessions.issue_ticket(user, session.nonce())
    _leave(f"/auth/session?{urlencode({'ticket': issued, 'next': here()})}", _("Signing in…"))


def sign_out() -> None:
    _leave("/auth/sign-out", _("Signing out…"))


def here() -> str:
    """Path and query of the page as the browser shows it, without what belongs to signing in."""
    path = urlsplit(st.context.url or "/").path or "/"
    kept = {name: value for name, value in st.query_params.items() if name not in _OF_SIGNING_IN}
    return f"{path}?{urlencode(kept)}" if kept else path


def _leave(target: str, message: str) -> None:
    st.caption(message)
    st.html(f"<script>window.location.replace({json.dumps(target)})</script>", unsafe_allow_javascript=True)
