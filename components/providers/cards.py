"""Model servers on the administrators' page: how each answers, what it accepts, its settings, and a test."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import errors, parameters, session, tables
from components.i18n import _, number
from components.i18n import stored as sentence
from components.markup import plain
from components.playground import form as playground_form
from core.entities.playground import ServerStatus
from services.models.policy import FIELDS

_MODELS_SHOWN, _ACROSS = 6, 2
_CHECKING_S, _EVERY_S = 1.0, 10.0


def follow(listed: Sequence[ServerStatus]) -> None:
    """Draws a card for each server and looks again: soon while one is being asked, else for the load of now."""
    checking = any(one.checking for one in listed)
    st.fragment(_cards, run_every=_CHECKING_S if checking else _EVERY_S)(checking)


def _cards(was_checking: bool) -> None:
    with errors.shown():
        listed = session.services().providers.look(session.principal())
        for first in range(0, len(listed), _ACROSS):
            for column, status in zip(st.columns(_ACROSS), listed[first : first + _ACROSS], strict=False):
                with column, st.container(border=True, key=_key_of(status), height="stretch"):
                    _card(status)
        if was_checking and not any(one.checking for one in listed):
            st.rerun(scope="app")  # from now on it looks less often, and the models are known below


def _key_of(status: ServerStatus) -> str:
    """On narrow screens the style sheet leaves out what is not set up: the settings below list it too."""
    return f"providers_{'on' if status.configured else 'off'}_{status.name}"


def _card(status: ServerStatus) -> None:
    with st.container(horizontal=True, vertical_alignment="top", key=f"providers_card_{status.name}"):
        st.markdown(f"**{plain(_(status.label))}**", width="stretch")
        _badge(status)
    if status.name == "extractive":
        _aside(status, _("Quotes the best sentences of the passages. It needs no server and costs nothing."))
        return
    parts = [
        _("%(n)s ms", n=number(status.latency_ms)) if status.latency_ms is not None else "",
        _("%(running)s running, %(waiting)s waiting", running=status.running, waiting=status.waiting)
        if status.configured and (status.running or status.waiting or not status.error)
        else "",
        _("default: %(model)s", model=plain(status.default_model))
        if status.default_model and status.configured
        else "",
    ]
    if any(parts):
        st.caption(" · ".join(filter(None, parts)))
    if status.open:
        st.caption(_("It failed several times in a row, so it is not asked for 15 seconds."))
    if status.error:
        st.caption(f":material/info: {plain(sentence(status.error))}")
    if not status.configured:
        _aside(status, _("Give it an address or a key under “Set up and test”."))
    if status.models:
        more = len(status.models) - _MODELS_SHOWN
        shown = " ".join(f"`{name}`" for name in status.models[:_MODELS_SHOWN])
        st.markdown(shown + (f" {_('and %(n)s more', n=more)}" if more > 0 else ""))


def _aside(status: ServerStatus, text: str) -> None:
    """What a narrow screen leaves out."""
    with st.container(key=f"providers_aside_{status.name}"):
        st.caption(text)


def _badge(status: ServerStatus) -> None:
    if not status.configured:
        st.badge(_("not set up"), icon=":material/key_off:", color="gray")
    elif status.checking and status.name != "extractive":
        st.badge(_("is being asked"), icon=":material/hourglass_empty:", color="gray")
    elif status.open:
        st.badge(_("left alone for a while"), icon=":material/power_off:", color="orange")
    elif status.error:
        st.badge(_("does not answer"), icon=":material/warning:", color="orange")
    else:
        st.badge(_("answers"), icon=":material/check:", color="green")


def settings(listed: Sequence[ServerStatus]) -> None:
    """Address, default model and key of the server that is chosen, and a test that asks it for a word."""
    offered = {one.name: one for one in listed if one.name in FIELDS}
    chosen = st.segmented_control(
        _("Provider"), list(offered), default=next(iter(offered)), key="providers_chosen", required=True,
        format_func=playground_form.label, label_visibility="collapsed",
    )  # fmt: skip
    status = offered[chosen or next(iter(offered))]
    tested = st.container()  # above the form: below its button it would come where nobody looks
    with st.form(f"providers_form_{status.name}"):
        left, right = st.columns(2)
        address = left.text_input(_("Address"), status.address, placeholder="https://")
        with right:
            model = _default_model(status)
        key, remove = _key(status)
        st.caption(_("What is saved here is used instead of the environment's settings, at once and everywhere."))
        saved = st.form_submit_button(_("Save"), type="primary")
    if saved:
        with errors.shown():
            given = "" if remove else (key or None)
            session.services().providers.configure(session.principal(), status.name, address, model, given)
            st.toast(_("Saved. It acts at once."), icon=":material/check:")
            st.rerun()
    if st.button(_("Test"), icon=":material/network_check:", key=f"providers_test_{status.name}",
        help=_("Asks the default model for one word, with the settings that are saved.")):  # fmt: skip
        with tested:
            _test(status)


def _default_model(status: ServerStatus) -> str:
    """One of those that the server has, or a name that is typed in."""
    known = list(dict.fromkeys([*([status.default_model] if status.default_model else []), *status.models]))
    chosen = st.selectbox(
        _("Default model"), known, 0 if status.default_model else None, accept_new_options=True,
        placeholder=_("Choose a model, or type its name"),
    )  # fmt: skip
    return (chosen or "").strip()


def _key(status: ServerStatus) -> tuple[str, bool]:
    """What was typed, and whether the key is to be removed; the key itself is never sent to a browser."""
    if not FIELDS[status.name][1]:
        return "", False
    placeholder = _("set, hidden") if status.key_set else _("none yet")
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


def accepted(listed: Sequence[ServerStatus]) -> None:
    """Which parameters each provider applies."""
    st.caption(_("What a provider does not take is reported as ignored with every answer, never dropped silently."))
    columns = [tables.Column("provider", _("Provider"), width="medium")]
    columns += [tables.Column(name, _(title), width="small") for name, title in parameters.NAMES.items()]
    rows = [
        {"provider": playground_form.label(one.name)} | {name: _mark(one, name) for name in parameters.NAMES}
        for one in listed
    ]
    tables.draw("providers_accepted", columns, rows)


def _mark(status: ServerStatus, name: str) -> str:
    return "✓" if name in status.accepts else "–"
