"""The one owner of `st.session_state`: who looks at the page, in which language, what is kept between reruns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any
from uuid import UUID, uuid5

import streamlit as st

from core.entities.people import Client, Principal
from core.errors import Forbidden, NotSignedIn
from core.i18n import LOCALES
from core.roles import Permission, Role
from core.security import token_hash
from services import container
from services.identity.sessions import NONCE_COOKIE, SESSION_COOKIE

_looked_up: ContextVar[Principal | None] = ContextVar("looked_up")  # set while a run of the whole page lasts
_GUESTS = UUID("6f0c1d5e-6c1b-4f6e-9a53-0a4f2d0b7c11")  # namespace: a guest is known by the nonce of the browser


def services() -> container.Services:
    return container.current()


def get(key: str, default: Any = None) -> Any:
    return st.session_state.get(key, default)


def put(key: str, value: Any) -> None:
    st.session_state[key] = value


def take(key: str, default: Any = None) -> Any:
    """The value of `key`, which is forgotten by reading it."""
    return st.session_state.pop(key, default)


def nonce() -> str:
    """The secret that binds this browser to its tickets; empty when the browser keeps no cookies."""
    return st.context.cookies.get(NONCE_COOKIE, "")


def client() -> Client:
    """The browser at the other end, for the audit log."""
    return Client(ip=st.context.ip_address or "", user_agent=st.context.headers.get("User-Agent", ""))


@contextmanager
def one_run() -> Iterator[Principal | None]:
    """Who is signed in, for one run of the whole page, which asks the database once. What is no part of it asks anew:
    a callback, the next look of a fragment, the next click."""
    kept = _looked_up.set(visitor())
    try:
        yield _looked_up.get()
    finally:
        _looked_up.reset(kept)


def visitor() -> Principal | None:
    """Who is signed in as of now, asked of the database for every click, so that a revoked session ends at once."""
    with suppress(LookupError):
        return _looked_up.get()
    token = st.context.cookies.get(SESSION_COOKIE)
    if token:
        with suppress(NotSignedIn):
            return services().sessions.resolve(token)
    return _guest() if get("guest") else None


def ended() -> bool:
    """Whether this browser holds a session that is over: it ran out, or somebody ended it."""
    return visitor() is None and bool(st.context.cookies.get(SESSION_COOKIE))


def principal() -> Principal:
    """Who looks at the page. Raises NotSignedIn."""
    who = visitor()
    if who is None:
        raise NotSignedIn
    return who


def require(permission: Permission) -> Principal:
    """The principal, who has `permission`. Raises NotSignedIn, Forbidden."""
    who = principal()
    if not who.may(permission):
        raise Forbidden
    return who


def key() -> str:
    """What tells sessions apart in a cache."""
    token = st.context.cookies.get(SESSION_COOKIE, "")
    return token_hash(token).hex() if token else f"guest {nonce()}" if get("guest") else ""


def enter_as_guest() -> None:
    put("guest", True)


def leave_guest() -> None:
    take("guest")


def _guest() -> Principal:
    guest_id = uuid5(_GUESTS, token_hash(nonce()).hex())
    return Principal(role=Role.GUEST, guest_id=guest_id, locale=locale(), ip=client().ip)


def locale() -> str:
    """The language of the interface for this rerun."""
    return str(get("locale", "en"))


def settle_locale(who: Principal | None) -> None:
    """Chooses the language once per rerun: the switch in this tab, else the person's own, else the browser's."""
    put("locale", get("chosen_locale") or (who.locale if who else None) or _browser_locale())


def choose_locale(choice: str) -> None:
    put("chosen_locale", choice)
    put("locale", choice)


def _browser_locale() -> str:
    preferred = (st.context.locale or "").split("-")[0].lower()
    return preferred if preferred in LOCALES else services().settings.locale
