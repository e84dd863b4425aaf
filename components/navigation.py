"""The frame around every page: what a role may open, the sidebar with the account, and the gate in front of it all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import streamlit as st

from components import errors, session, ticket
from components.i18n import LANGUAGES, N_, _
from components.markup import plain
from core.entities.people import Principal
from core.errors import Forbidden
from core.roles import Permission, Role

ASSETS = Path(__file__).parent / "assets"
ROLES = {Role.GUEST: N_("Guest"), Role.SALES: N_("Sales"), Role.ANALYST: N_("Analyst"), Role.ADMIN: N_("Administrator")}
_STYLE = ASSETS / "style.css"
_ABOUT = "Nichewise"  # any entry makes the menu show, and with it the choice between light and dark


class Screen(Protocol):
    """What the frame needs to know of a page."""

    slug: str
    title: str
    icon: str
    group: str
    permission: Permission
    module: str

    def render(self) -> None: ...


def configure() -> None:
    st.set_page_config(
        page_title="Nichewise", page_icon=str(ASSETS / "icon.svg"), layout="wide", menu_items={"About": _ABOUT}
    )
    st.html(_STYLE)


def _wordmark(*, alone: bool) -> None:
    """At the top of the sidebar; `alone` is for the page that has none."""
    word = str(ASSETS / "wordmark.svg")  # of a colour that both themes carry: one can be changed without a new run
    st.logo(word, icon_image=word if alone else str(ASSETS / "icon.svg"), size="large")


def gate(screens: Sequence[Any], sign_in: Callable[[], None]) -> Any:
    """Every address leads to the sign-in form and nothing else; the address stays, so that one lands on it later."""
    _wordmark(alone=True)
    pages = [page for screen in screens for page in _pages(screen, sign_in, visible=False)]
    return st.navigation(pages, position="hidden")


def menu(screens: Sequence[Any], who: Principal) -> Any:
    """The pages of this role, grouped; the others answer with a refusal when they are asked for directly."""
    _wordmark(alone=False)
    groups: dict[str, list[Any]] = {}
    for screen in screens:
        allowed = who.may(screen.permission)
        draw = partial(_draw, screen) if allowed else partial(_refuse, groups)
        groups.setdefault(_(screen.group), []).extend(_pages(screen, draw, visible=allowed))
    page = st.navigation(groups, expanded=True)
    with st.sidebar:
        _account(who)
    return page


def title(text: str, explanation: str = "") -> None:
    """The head of a page."""
    st.title(text, anchor=False)
    if explanation:
        st.caption(explanation)


def language_switch() -> None:
    """Changes the language at once, and remembers it for whoever is signed in."""
    st.segmented_control(
        _("Language"),
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        default=session.locale(),
        key="shell_language",
        on_change=errors.kept(_switch_language),
        label_visibility="collapsed",
        required=True,
    )


def _pages(screen: Screen, draw: Callable[[], None], *, visible: bool) -> list[Any]:
    """The page, and for the one at "/" its name as a second address."""
    page = st.Page(
        draw,
        title=_(screen.title),
        icon=f":material/{screen.icon}:",
        url_path=screen.slug,
        default=not screen.slug,
        visibility="visible" if visible else "hidden",
    )
    if screen.slug:
        return [page]
    return [page, st.Page(draw, title=_(screen.title), url_path=screen.module, visibility="hidden")]


def _draw(screen: Screen) -> None:
    with errors.shown():
        errors.show_kept()
        screen.render()  # which asks for the permission itself


def _refuse(groups: dict[str, list[Any]]) -> None:
    """Says so, and leads on to the first page."""
    errors.show(Forbidden())
    first = next(iter(groups.values()))[0]
    st.page_link(first, label=_("To the first page"), icon=":material/arrow_back:")


def _account(who: Principal) -> None:
    with st.container(key="shell_account", gap="small"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="shell_who"
        ):
            if who.user_id is None:
                st.caption(_("You are a guest: ask about the service, or register in the chat."))
            else:
                st.markdown(f"**{plain(who.name or who.email)}**  \n:gray[{_(ROLES[who.role])}]")
                words = _("Sign out")  # which the style sheet hides
                if st.button(words, icon=":material/logout:", key="shell_sign_out", type="tertiary", help=words):
                    ticket.sign_out()
        if who.user_id is None:
            st.button(_("Sign in"), icon=":material/login:", on_click=session.leave_guest, width="stretch")
        language_switch()


def _switch_language() -> None:
    choice = session.get("shell_language")
    if not choice:
        return
    session.choose_locale(choice)
    who = session.visitor()
    if who is not None and who.user_id is not None:
        session.services().accounts.set_locale(who, choice)
