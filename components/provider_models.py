"""Models on the administrators' page: fetching one into Ollama, defaults by role, prices and permissions."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import errors, navigation, playground_form, session, tables
from components.i18n import N_, _
from components.markup import plain
from core.entities.people import Principal
from core.entities.playground import ModelRule, ServerStatus
from core.roles import Role
from services.providers import Pull

_EVERY_S = 1.0
_PRODUCT = N_("As the product chooses")
_STAFF = (Role.SALES, Role.ANALYST)  # administrators may use everything


def pull(who: Principal) -> None:
    st.subheader(_("Fetch a model into Ollama"), anchor=False)
    with st.form("providers_pull", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        model = st.text_input(_("Model"), placeholder="llama3.1:8b", max_chars=200)
        sent = st.form_submit_button(_("Fetch"), icon=":material/download:")
    if sent:
        with errors.shown():
            session.services().providers.pull(who, model.strip())
    pulls = session.services().providers.pulls(who)
    if pulls:
        running = any(not one.ended for one in pulls)
        st.fragment(_progress, run_every=_EVERY_S if running else None)(running)


def _progress(was_running: bool) -> None:
    with errors.shown():
        pulls = session.services().providers.pulls(session.principal())
        for one in pulls:
            _pull(one)
        if was_running and all(one.ended for one in pulls):
            st.rerun(scope="app")


def _pull(one: Pull) -> None:
    name = f"**{plain(one.model)}**"
    if one.error:
        st.error(f"{name}: {plain(one.error)}", icon=":material/error:")
    elif one.ended:
        st.caption(f":material/check: {name} · {_('is there')}")
    else:
        share = one.done / one.total if one.total else 0.0
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(min(share, 1.0), text=f"{name} · {plain(one.status)}")
            st.button(
                _("Cancel"), key=f"providers_cancel_{one.model}", on_click=errors.kept(_cancel), args=(one.model,)
            )


def _cancel(model: str) -> None:
    session.services().providers.cancel_pull(session.principal(), model)


def defaults(who: Principal, listed: Sequence[ServerStatus]) -> None:
    """Who answers a role that chooses nobody."""
    st.subheader(_("Default by role"), anchor=False)
    chosen = {one.role: one for one in session.services().providers.role_models(who)}
    with st.form("providers_defaults", border=True):
        names = ["", *(status.name for status in listed)]
        picked = {}
        for role in _STAFF:
            now = chosen.get(role)
            left, right = st.columns(2)
            provider = left.selectbox(
                _(navigation.ROLES[role]), names, names.index(now.provider) if now else 0, format_func=_provider
            )
            model = right.text_input(_("Model"), now.model if now else "", key=f"providers_default_{role}")
            picked[role] = (provider or "", model.strip())
        if st.form_submit_button(_("Save")):
            with errors.shown():
                for role, (provider, model) in picked.items():
                    session.services().providers.set_role_model(who, role, provider, model if provider else "")
                st.rerun()


def _provider(name: str) -> str:
    return playground_form.label(name) if name else _(_PRODUCT)


def rules(who: Principal, listed: Sequence[ServerStatus]) -> None:
    st.subheader(_("Prices and permissions"), anchor=False)
    st.caption(_("Prices are for a million tokens. A model without a line is open to everybody."))
    _table(session.services().providers.rules(who))
    with st.expander(_("Add or change a model"), icon=":material/edit:"):
        _form(who, [status.name for status in listed])


def _table(found: Sequence[ModelRule]) -> None:
    columns = [
        tables.Column("provider", _("Provider")),
        tables.Column("model", _("Model"), width="large"),
        tables.Column("input", _("Input price"), "number"),
        tables.Column("output", _("Output price"), "number"),
        tables.Column("roles", _("Who may use it")),
    ]
    rows: list[tables.Row] = [
        {
            "provider": playground_form.label(rule.provider),
            "model": rule.model,
            "input": rule.input_price,
            "output": rule.output_price,
            "roles": _roles(rule),
        }
        for rule in found
    ]
    tables.draw("providers_rules", columns, rows)


def _roles(rule: ModelRule) -> str:
    if rule.roles is None:
        return _("everybody")
    return ", ".join(_(navigation.ROLES[role]) for role in (*rule.roles, Role.ADMIN))


def _form(who: Principal, names: Sequence[str]) -> None:
    with st.form("providers_rule", border=False):
        provider = st.selectbox(_("Provider"), names, format_func=playground_form.label)
        model = st.text_input(_("Model"), max_chars=200)
        left, right = st.columns(2)
        input_price = left.number_input(_("Input price"), 0.0, value=None, format="%.4f")
        output_price = right.number_input(_("Output price"), 0.0, value=None, format="%.4f")
        roles = st.multiselect(
            _("Who may use it, besides administrators"),
            _STAFF,
            _STAFF,
            format_func=lambda role: _(navigation.ROLES[role]),
            select_all=False,
        )
        if st.form_submit_button(_("Save"), type="primary"):
            allowed = None if set(roles) == set(_STAFF) else tuple(roles)
            with errors.shown():
                rule = ModelRule(provider or "", model.strip(), input_price, output_price, allowed)
                session.services().providers.set_rule(who, rule)
                st.rerun()
