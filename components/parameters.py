"""The form of a model's parameters; what is left alone is not sent, so that the provider's own default holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import streamlit as st

from components import session
from components.i18n import N_, _, number

NAMES = {
    "temperature": N_("Temperature"),
    "top_p": N_("Top p"),
    "top_k": N_("Top k"),
    "max_tokens": N_("Max tokens"),
    "seed": N_("Seed"),
    "stop": N_("Stop sequences"),
    "context_window": N_("Context window"),
    "timeout": N_("Time limit"),
}


def names(parameters: Collection[str]) -> str:
    """Parameters by the words that people know them by."""
    return ", ".join(_(NAMES[one]) if one in NAMES else one for one in parameters)


def said(params: Mapping[str, Any]) -> str:
    """Parameters with their values, such as Temperature 0.7 · Seed 1."""
    return " · ".join(f"{names([name])} {_value(value)}" for name, value in params.items())


def _value(value: Any) -> str:
    return number(value, 2) if isinstance(value, float) else str(value)


def draw(prefix: str, accepts: Collection[str] | None = None) -> dict[str, Any]:
    """Draws the four parameters; only those that were switched on are in the answer. Of those that are not in
    `accepts` (None: not known) it says that the provider ignores them."""
    drawn = {
        "temperature": _slider(0.0, 2.0, 0.7, 0.1),
        "top_p": _slider(0.0, 1.0, 0.9, 0.05),
        "max_tokens": _number(1, 32_768, 512),
        "seed": _number(0, 2**31 - 1, 1),
    }
    chosen = {name: _optional(prefix, name, widget) for name, widget in drawn.items()}
    ignored = [name for name in drawn if accepts is not None and name not in accepts]
    note = _("This provider ignores: %(names)s.", names=names(ignored)) if ignored else ""
    st.caption(f"{_('What is off is left to the provider.')} {note}".strip())
    return {name: value for name, value in chosen.items() if value is not None}


def _optional(prefix: str, name: str, widget: Any) -> Any:
    label = _(NAMES[name])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):  # on two lines where it is narrow
        # The browser begins a widget of a popover with its default when that is opened, whatever the session has: what
        # was filled in from a preset is the default too.
        on = st.toggle(label, session.get(f"{prefix}_{name}_on", False), key=f"{prefix}_{name}_on", width="content")
        return widget(label, f"{prefix}_{name}") if on else None


def _slider(low: float, high: float, default: float, step: float) -> Any:
    def draw_slider(label: str, key: str) -> float:
        now: float = session.get(key, default)
        return st.slider(label, low, high, now, step, key=key, label_visibility="collapsed")

    return draw_slider


def _number(low: int, high: int, default: int) -> Any:
    def draw_number(label: str, key: str) -> int:
        now: int = session.get(key, default)
        return st.number_input(label, low, high, now, key=key, label_visibility="collapsed")

    return draw_number
