"""What stands in front of everything: sign in, create an account, reset a password, or ask the FAQ as a guest."""

from __future__ import annotations

import streamlit as st

from components import errors, session
from components.i18n import _
from components.markup import plain
from components.people import account_forms, front
from core.entities.people import UserStatus


def render() -> None:
    hero, forms = st.columns([1.15, 1], gap="large")
    with hero:
        front.hero()
    with forms, st.container(key="sign_in_card"):
        token = st.query_params.get("reset")
        with errors.shown():
            _set_password(token) if token else _tabs()
        front.below()


def _tabs() -> None:
    if session.take("password_was_set"):
        st.success(_("Your new password is saved. Sign in with it."))
    if st.query_params.get("sign_in") == "again":
        st.warning(_("This sign-in took too long or came from another browser. Sign in again."), icon=":material/info:")
    elif session.ended():
        st.info(_("Your session has ended. Sign in again."), icon=":material/info:")
    enter, join, forgot = st.tabs([_("Sign in"), _("Create an account"), _("Forgot password")])
    with enter:
        with errors.shown():
            account_forms.sign_in()
        front.demo_accounts()
    with join, errors.shown():
        errors.show_kept()
        _register()
    with forgot, errors.shown():
        _forgot()


def _register() -> None:
    waiting = session.get(account_forms.WAITS_FOR_CODE)
    if waiting is not None:
        account_forms.confirm(waiting)
        return
    told = st.container()  # above the form, whose end is below the first screen of a phone
    registered = account_forms.register()
    st.caption(f":material/key: {_(account_forms.PASSWORD_RULE)}")
    if registered is None:
        return
    email, status = registered
    if not status:
        st.rerun()
    if status == UserStatus.PENDING:
        told.success(
            _("Thank you. An administrator has to approve %(email)s; then you can sign in.", email=plain(email))
        )
    else:
        told.success(_("Your account is ready. Sign in with %(email)s.", email=plain(email)))


def _forgot() -> None:
    email = account_forms.ask_for_reset()
    if email:
        st.success(_("If %(email)s has an account, a link is on its way to it.", email=plain(email)))


def _set_password(token: str) -> None:
    st.subheader(_("Choose a new password"), anchor=False)
    given = account_forms.new_password("reset_password_form", current=False)
    if given:
        session.services().accounts.reset_password(token, given[1], session.client())
        session.put("password_was_set", True)
        st.query_params.clear()
        st.rerun()
