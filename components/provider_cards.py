"""One model server on the administrators' page: its state, a test, and its settings."""

from __future__ import annotations

import streamlit as st

from components import errors, session
from components.i18n import _, number
from components.i18n import stored as sentence
from components.markup import plain
from core.entities.playground import ServerStatus
from services.policy import FIELDS

_MODELS_SHOWN = 12


def draw(status: ServerStatus) -> None:
    with st.container(border=True, key=f"providers_{status.name}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(_(status.label))}**", width="stretch")
            _badge(status)
        _facts(status)
        if status.name in FIELDS:
            _settings(status)


def _badge(status: ServerStatus) -> None:
    if not status.configured:
        st.badge(_("not set up"), icon=":material/key_off:", color="gray")
    elif status.open:
        st.badge(_("left alone for a while"), icon=":material/power_off:", color="orange")
    elif status.error:
        st.badge(_("does not answer"), icon=":material/warning:", color="orange")
    else:
        st.badge(_("answers"), icon=":material/check:", color="green")


def _facts(status: ServerStatus) -> None:
    parts = [
        _("%(n)s ms", n=number(status.latency_ms)) if status.latency_ms is not None else "",
        _("%(running)s running, %(waiting)s waiting", running=status.running, waiting=status.waiting),
        _("default: %(model)s", model=plain(status.default_model)),
    ]
    st.caption(" · ".join(part for part in parts if part))
    if status.error:
        st.caption(f":material/info: {plain(sentence(status.error))}")
    if status.models:
        more = len(status.models) - _MODELS_SHOWN
        names = " ".join(f"`{name}`" for name in status.models[:_MODELS_SHOWN])
        st.markdown(names + (f" {_('and %(n)s more', n=more)}" if more > 0 else ""))


def _settings(status: ServerStatus) -> None:
    with st.expander(_("Set up and test"), icon=":material/settings:"):
        with st.form(f"providers_form_{status.name}", border=False, enter_to_submit=False):
            address = st.text_input(_("Address"), status.address)
            model = st.text_input(_("Default model"), status.default_model)
            key, remove = _key(status)
            saved = st.form_submit_button(_("Save"), type="primary")
        if saved:
            with errors.shown():
                chosen = "" if remove else (key or None)
                session.services().providers.configure(session.principal(), status.name, address, model, chosen)
                st.rerun()
        if st.button(_("Test"), icon=":material/network_check:", key=f"providers_test_{status.name}"):
            _test(status)


def _key(status: ServerStatus) -> tuple[str, bool]:
    """What was typed, and whether the key is to be removed; the key itself is never sent to a browser."""
    if not FIELDS[status.name][1]:
        return "", False
    placeholder = _("set, hidden") if status.key_set else ""
    key = st.text_input(_("Access key"), type="password", placeholder=placeholder, autocomplete="off")
    return key or "", st.checkbox(_("Remove the key that was set here")) if status.key_set else False


def _test(status: ServerStatus) -> None:
    with errors.shown(), st.spinner(_("Asking…")):
        attempt = session.services().providers.test(session.principal(), status.name)
        if attempt.error:
            st.error(plain(attempt.error), icon=":material/error:")
        else:
            seconds = number(attempt.took_ms / 1000, 2)
            answered = _("%(model)s answered in %(n)s s", model=attempt.model, n=seconds)
            st.success(plain(answered), icon=":material/check:")
