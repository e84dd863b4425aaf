"""Buttons that are an icon to the eye and words to everybody else, and those that ask once more before they delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from components import errors, session
from components.i18n import _

_DOOMED = "buttons_doomed"  # the key of what is about to be deleted, once somebody is sure


def icon(
    words: str, symbol: str, key: str, action: Callable[..., None] | None = None, *args: Any, disabled: bool = False
) -> bool:
    """Shows `symbol` alone (the style sheet hides the words of an `icon_…`); `action` is its callback."""
    return st.button(
        words,
        icon=f":material/{symbol}:",
        help=words,
        type="tertiary",
        key=f"icon_{key}",
        disabled=disabled,
        on_click=errors.kept(action) if action else None,
        args=args,
    )


def delete(key: str, action: Callable[..., None], *args: Any) -> None:
    """Deletes with the second click: what is deleted is gone."""
    if session.get(_DOOMED) != key:
        icon(_("Delete"), "delete", f"delete_{key}", session.put, _DOOMED, key)
        return
    sure = errors.kept(action)
    st.button(_("Delete"), type="primary", key=f"sure_{key}", on_click=sure, args=args)
    icon(_("Keep"), "close", f"keep_{key}", session.take, _DOOMED)
