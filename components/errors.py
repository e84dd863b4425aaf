"""Turns errors into what people read: a sentence for what is known, a reference for what is not."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

import streamlit as st

from components import session
from components.i18n import _, sentence
from core.errors import Forbidden, NichewiseError, NotFound, NotSignedIn, TooMany, Unavailable

log = logging.getLogger(__name__)
_KEPT = "error_kept"


@contextmanager
def shown() -> Iterator[None]:
    """Draws whatever the block raises in place of what it would have drawn; a session that ended shows the sign-in."""
    try:
        yield
    except Exception as error:
        if type(error) is NotSignedIn:
            st.rerun(scope="app")
        show(error)


def show(error: Exception) -> None:
    if isinstance(error, NichewiseError):
        _draw_known(error)
    else:
        _draw_unexpected(error)


def kept(action: Callable[..., None]) -> Callable[..., None]:
    """`action` as a widget's callback: what it raises is shown on the page that is drawn next, which stays whole."""

    @wraps(action)
    def run(*args: Any) -> None:
        try:
            action(*args)
        except Exception as error:
            session.put(_KEPT, error)

    return run


def show_kept() -> None:
    """Shows what a callback raised before this page was drawn."""
    error = session.take(_KEPT)
    if error is not None and type(error) is not NotSignedIn:
        show(error)


def on_script_error(error: Exception) -> bool:
    """For `st.App(on_script_error=...)`: what callbacks and fragments raise is shown the same way."""
    show(error)
    return True


def _draw_known(error: NichewiseError) -> None:
    mild = isinstance(error, (Unavailable, TooMany, NotFound))
    icon = ":material/lock:" if isinstance(error, Forbidden) else ":material/error:"
    if mild:
        st.warning(sentence(error), icon=":material/info:")
    else:
        st.error(sentence(error), icon=icon)


def _draw_unexpected(error: Exception) -> None:
    st.error(referenced(error), icon=":material/error:")


def referenced(error: Exception) -> str:
    """Logs what nobody expected, and returns the sentence with the reference under which the log has it."""
    reference = secrets.token_hex(4)
    log.error("Unexpected error %s", reference, exc_info=error)
    return _(
        "Something went wrong (reference %(reference)s). Try again; if it happens again, tell an administrator.",
        reference=reference,
    )
