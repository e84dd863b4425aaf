"""streamlit-authenticator's forms over our accounts: the library draws and checks the input, the service decides.

The library has three seams, and each gets ours: the model (who is asked), the validator (what is checked before
asking), the cookie controller (what happens after success). Its own cookie, its credentials dictionary and its pause
before the form are never used; docs/decisions/0004-sign-in-forms.md says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import streamlit as st
from streamlit_authenticator import Authenticate
from streamlit_authenticator.controllers import AuthenticationController
from streamlit_authenticator.utilities import ForgotError, LoginError, RegisterError, Validator

from components import session, ticket
from components.i18n import N_, _
from components.markup import plain
from components.people import code_form
from core.entities.people import User, UserStatus
from core.errors import BadInput
from services.identity.enrolment import NewAccount

PASSWORD_RULE = N_("At least 10 characters; not your e-mail and not a common password.")
_MAX_NAME = 100

WAITS_FOR_CODE = "register_waits_for_code"  # the account, its password hashed, until the mailed code is entered
PASSWORDS_DIFFER = N_("The two passwords differ. Type the same one twice.")

_SENTENCES = {  # what the library says -> what we say
    "First name is not valid": N_("Fill in your first name."),
    "Last name is not valid": N_("Fill in your last name."),
    "Email is not valid": N_("This is not an e-mail address. Write it like name@company.com."),
    "Username is not valid": N_("This is not an e-mail address. Write it like name@company.com."),
    "Username not provided": N_("Fill in your e-mail."),
    "Password/repeat password fields cannot be empty": N_("Fill in the password twice."),
    "Passwords do not match": PASSWORDS_DIFFER,
}


class Names(Validator):  # type: ignore[misc]
    """Lets any name and any password through: the service knows better what is weak."""

    def validate_name(self, name: str) -> bool:
        return 0 < len(name.strip()) <= _MAX_NAME

    def validate_password(self, password: str) -> bool:
        return bool(password)


class Accounts:
    """The library's model: carries what a form was given to `services.identity.accounts`."""

    def __init__(self) -> None:
        self.signed_in: User | None = None
        self.typed = ""  # the new password as it was typed

    def login(self, email: str, password: str) -> bool:
        self.signed_in = session.services().accounts.sign_in(email, password, session.client())
        return True

    def register_user(self, first: str, last: str, email: str, *_rest: Any) -> tuple[str, str, str]:
        """An address that would be let in at once gets a code first: the account waits for it in this tab."""
        enrolment, name = session.services().enrolment, f"{first} {last}"
        new = enrolment.prepare(email, name, self.typed, session.locale(), session.client())
        if enrolment.needs_proof(new.email):
            session.services().codes.send(new.email, session.locale(), session.client())
            session.put(WAITS_FOR_CODE, new)
            return new.email, "", name
        return new.email, enrolment.enrol(new, session.client()).status, name

    def forgot_password(self, email: str, *_rest: Any) -> tuple[str, str, None]:
        session.services().accounts.request_reset(email, session.client())
        return email, email, None


class Controller(AuthenticationController):  # type: ignore[misc]
    """The library's checks of the input over our model; it would cut spaces off passwords, so they go around it."""

    def __init__(self, accounts: Accounts) -> None:
        self.validator = Names()
        self.authentication_model = accounts

    def login(self, username: str | None = None, password: str | None = None, *_rest: Any, **_more: Any) -> bool:
        if not username or not password:
            raise BadInput("Fill in your e-mail and your password.")
        return self.authentication_model.login(username, password)

    def register_user(
        self, first: str, last: str, email: str, username: str, password: str, *rest: Any
    ) -> tuple[str, str, str]:
        self.authentication_model.typed = password
        registered: tuple[str, str, str] = super().register_user(first, last, email, username, password, *rest)
        return registered


class Ticket:
    """In the place of the library's cookie: after success the browser is sent to fetch the real one."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def get_cookie(self) -> None:
        return None

    def set_cookie(self) -> None:
        if self._accounts.signed_in is not None:
            ticket.redirect(self._accounts.signed_in)


class AccountForms(Authenticate):  # type: ignore[misc]
    """The library's views with our three parts; its own constructor would start its cookie component."""

    def __init__(self) -> None:
        accounts = Accounts()
        self.path = None
        self.attrs = {
            "login_sleep_time": 0,
            "password_instructions": _(PASSWORD_RULE),
        }
        self.authentication_controller = Controller(accounts)
        self.cookie_controller = Ticket(accounts)


def sign_in() -> None:
    """Draws the sign-in form; success sends the browser to its session."""
    fields = {
        "Form name": _("Sign in"),
        "Username": _("E-mail"),
        "Password": _("Password"),
        "Login": _("Sign in"),
    }
    with _said():
        AccountForms().login(fields=fields, key="sign_in_form")


def register() -> tuple[str, str] | None:
    """Draws the registration form; (e-mail, status) once somebody has registered. The status is empty while a code is
    waited for: see `confirm`."""
    fields = {
        "Form name": _("Create an account"),
        "First name": _("First name"),
        "Last name": _("Last name"),
        "Email": _("E-mail"),
        "Password": _("Password"),
        "Repeat password": _("Repeat password"),
        "Register": _("Create account"),
    }
    with _said():
        email, status, _name = AccountForms().register_user(
            fields=fields, captcha=False, merge_username_email=True, password_hint=False, key="register_form"
        )
    return (email, status) if email else None


def confirm(new: NewAccount) -> None:
    """Draws the form of the code that proves the mailbox; success makes the account and sends the browser to its
    session."""
    proof = code_form.draw(new.email, partial(session.take, WAITS_FOR_CODE))
    if proof is None:
        return
    enrolled = session.services().enrolment.enrol(new, session.client(), proof)
    session.take(WAITS_FOR_CODE)
    if enrolled.user is not None and enrolled.status is UserStatus.ACTIVE:
        ticket.redirect(enrolled.user)
    else:
        st.success(_("Your account is ready. Sign in with %(email)s.", email=plain(new.email)))


def ask_for_reset() -> str | None:
    """Draws the form that sends a reset link; the e-mail once it was asked for, known or not."""
    fields = {"Form name": _("Forgot your password?"), "Username": _("E-mail"), "Submit": _("Send me a link")}
    with _said():
        email: str | None = AccountForms().forgot_password(fields=fields, key="reset_form")[0]
    return email or None


def new_password(key: str, *, current: bool) -> tuple[str, str] | None:
    """Draws the form of a new password, with the current one if `current`; (current, new) once both are given.

    Ours, because the library's asks for the current password, which who forgot it cannot know, and cuts spaces off.
    """
    with st.form(key, clear_on_submit=current):
        old = st.text_input(_("Current password"), type="password", autocomplete="current-password") if current else ""
        help_ = _(PASSWORD_RULE)
        new = st.text_input(_("New password"), type="password", help=help_, autocomplete="new-password")
        again = st.text_input(_("Repeat password"), type="password", autocomplete="new-password")
        sent = st.form_submit_button(_("Save the password"), type="primary")
    if not sent:
        return None
    if not new:
        raise BadInput("Fill in the new password.")
    if new != again:
        raise BadInput(PASSWORDS_DIFFER)
    return old, new


@contextmanager
def _said() -> Iterator[None]:
    """Says in our words what the library found wrong with the input. Raises BadInput."""
    try:
        yield
    except (LoginError, RegisterError, ForgotError) as error:
        raise BadInput(_SENTENCES.get(str(error))) from error
