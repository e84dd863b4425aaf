"""Which parts of the service work, and how it is set up."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st
from pydantic import SecretStr

from components import errors, navigation, session, tables
from components.i18n import N_, _, stored
from core.roles import Permission
from services.health import OK

_PARTS = {
    "database": (N_("Database"), "database"),
    "models": (N_("Language model and embedding"), "neurology"),
    "vectors": (N_("Vector index"), "scatter_plot"),
    "lexical": (N_("Word index"), "manage_search"),
    "worker": (N_("Background work"), "sync"),
    "voice": (N_("Voice"), "mic"),
}
_EVERY_S, _ACROSS = 5, 4


def render() -> None:
    session.require(Permission.SYSTEM)
    navigation.title(_("System health"), _("Asked anew every few seconds while this page is open."))
    st.fragment(_parts, run_every=_EVERY_S)()
    st.subheader(_("Settings"), anchor=False)
    st.caption(
        _("Set in the environment or in the file .env; secrets are not shown. A dash is what nobody has set: the "
          "product then uses what it has made or found itself.")
    )  # fmt: skip
    _settings()


def _parts() -> None:
    with errors.shown():
        session.require(Permission.SYSTEM)
        report = session.services().health.parts()
        bad = [part for part, state in report.items() if state != OK]
        if bad:
            st.warning(_("Some parts are not ready."), icon=":material/warning:")
        else:
            st.success(_("Everything works."), icon=":material/check_circle:")
        cards: list[Callable[[], None]] = [*(partial(_part, part, state) for part, state in report.items()), _reranker]
        for first in range(0, len(cards), _ACROSS):
            for column, card in zip(st.columns(_ACROSS), cards[first : first + _ACROSS], strict=False):
                with column:
                    card()


def _part(part: str, state: str) -> None:
    title, icon = _PARTS.get(part, (part, "settings"))
    with st.container(border=True, height="stretch"):
        st.markdown(f":material/{icon}: **{_(title)}**")
        if state == OK:
            st.badge(_("works"), icon=":material/check:", color="green")
        else:
            st.badge(_("not ready"), icon=":material/warning:", color="orange")
            st.caption(_(state))


def _reranker() -> None:
    """Nothing waits for it: collections are searched without it too."""
    problem = session.services().lab.reranker_problem
    with st.container(border=True, height="stretch"):
        st.markdown(f":material/sort: **{_('Re-ranker (optional)')}**")
        if problem:
            st.badge(_("not set up"), icon=":material/info:", color="gray")
            st.caption(stored(problem))
        else:
            st.badge(_("works"), icon=":material/check:", color="green")


def _settings() -> None:
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
