"""Models on the administrators' page: fetching one into Ollama, defaults by role, prices and permissions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from components import errors, navigation, session, tables
from components.i18n import N_, _, file_size
from components.markup import plain
from components.playground import form as playground_form
from core.entities.people import Principal
from core.entities.playground import ModelRule, RoleModel, ServerStatus
from core.roles import Role
from services.models.providers import Pull

_EVERY_S = 1.0
_PRODUCT = N_("As the product chooses")
_STAFF = (Role.SALES, Role.ANALYST)  # administrators may use everything


def pull(who: Principal) -> None:
    st.caption(_("Fetches a model into Ollama, in the background. Others are added on their own servers."))
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
            sizes = (
                _("%(done)s of %(total)s", done=file_size(one.done), total=file_size(one.total)) if one.total else ""
            )
            st.progress(min(share, 1.0), text=" · ".join(filter(None, (name, plain(_stage(one.status)), sizes))))
            st.button(
                _("Cancel"), key=f"providers_cancel_{one.model}", on_click=errors.kept(_cancel), args=(one.model,)
            )


def _stage(status: str) -> str:
    """Ollama's own word for what it does now; layers are called by their digest."""
    return _("downloads") if status.startswith("pulling") and status != "pulling manifest" else status


def _cancel(model: str) -> None:
    session.services().providers.cancel_pull(session.principal(), model)


def defaults(who: Principal, listed: Sequence[ServerStatus]) -> None:
    """Who answers a role that chooses nobody."""
    st.caption(_("Who answers when a person chooses nobody. Administrators follow the product's own choice."))
    chosen = {one.role: one for one in session.services().providers.role_models(who)}
    models = {status.name: status.models for status in listed}
    picked = {role: _default(role, chosen.get(role), models) for role in _STAFF}
    if st.button(_("Save"), type="primary", key="providers_defaults_save"):
        with errors.shown():
            for role, (provider, model) in picked.items():
                session.services().providers.set_role_model(who, role, provider, model if provider else "")
            st.toast(_("Saved. It acts at once."), icon=":material/check:")


def _default(role: Role, now: RoleModel | None, models: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """Provider and model as they are picked for `role`; an empty provider leaves it to the product."""
    left, right = st.columns(2)
    names = ["", *models]
    provider = left.selectbox(
        _(navigation.ROLES[role]), names, names.index(now.provider) if now and now.provider in names else 0,
        format_func=_provider, key=f"providers_default_provider_{role}",
    )  # fmt: skip
    if not provider or provider == "extractive":
        return provider or "", ""
    kept = [now.model] if now and now.model and now.provider == provider else []
    model = right.selectbox(
        _("Model"), list(dict.fromkeys([*kept, *models[provider]])), 0 if kept else None,
        key=f"providers_default_{role}_{provider}", accept_new_options=True, placeholder=_("The provider's default"),
    )  # fmt: skip
    return provider, (model or "").strip()


def _provider(name: str) -> str:
    return playground_form.label(name) if name else _(_PRODUCT)


def rules(who: Principal, listed: Sequence[ServerStatus]) -> None:
    st.caption(_("Prices are for a million tokens. A model without a line is open to everybody."))
    found = session.services().providers.rules(who)
    _table(found)
    names = [status.name for status in listed if status.name != "extractive"]
    provider = st.segmented_control(
        _("Provider"), names, default=names[0], key="providers_rule_provider", format_func=playground_form.label,
        required=True,
    )  # fmt: skip
    provider = provider or names[0]
    known = [*(rule.model for rule in found if rule.provider == provider)]
    known += [model for status in listed if status.name == provider for model in status.models]
    model = st.selectbox(
        _("Model"), list(dict.fromkeys(known)), None, key=f"providers_rule_model_{provider}", accept_new_options=True,
        placeholder=_("Choose a model, or type its name"),
    )  # fmt: skip
    if model:
        rule = next((one for one in found if (one.provider, one.model) == (provider, model)), None)
        _form(who, rule or ModelRule(provider, model), known=rule is not None)


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
    tables.draw("providers_rules", columns, rows, empty=_("No model has a price or a limit yet. Choose one below."))


def _roles(rule: ModelRule) -> str:
    if rule.roles is None:
        return _("everybody")
    return ", ".join(_(navigation.ROLES[role]) for role in (*rule.roles, Role.ADMIN))


def _form(who: Principal, now: ModelRule, *, known: bool) -> None:
    """The rule of one model as it is, to be changed or removed."""
    key = f"providers_rule_{now.provider}_{now.model}"
    with st.form(key):
        left, right = st.columns(2)
        input_price = left.number_input(_("Input price"), 0.0, value=now.input_price, format="%.4f")
        output_price = right.number_input(_("Output price"), 0.0, value=now.output_price, format="%.4f")
        roles = st.multiselect(
            _("Who may use it, besides administrators"),
            _STAFF,
            _STAFF if now.roles is None else now.roles,
            format_func=lambda role: _(navigation.ROLES[role]),
            select_all=False,
        )
        with st.container(horizontal=True):
            saved = st.form_submit_button(_("Save"), type="primary")
            removed = st.form_submit_button(_("Remove the line"), disabled=not known)
    if not saved and not removed:
        return
    with errors.shown():
        if removed:
            session.services().providers.drop_rule(who, now.provider, now.model)
        else:
            allowed = None if set(roles) == set(_STAFF) else tuple(roles)
            rule = ModelRule(now.provider, now.model, input_price, output_price, allowed)
            session.services().providers.set_rule(who, rule)
        st.toast(_("Saved. It acts at once."), icon=":material/check:")
        st.rerun()
