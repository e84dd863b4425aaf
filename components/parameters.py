"""The form of a model's parameters; what is left alone is not sent, so that the provider's own default holds."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components.i18n import _


def draw(prefix: str) -> dict[str, Any]:
    """Draws the four parameters; only those that were switched on are in the answer."""
    chosen = {
        "temperature": _optional(prefix, "temperature", _("Temperature"), _slider(0.0, 2.0, 0.7, 0.1)),
        "top_p": _optional(prefix, "top_p", _("Top p"), _slider(0.0, 1.0, 0.9, 0.05)),
        "max_tokens": _optional(prefix, "max_tokens", _("Max tokens"), _number(1, 32_768, 512)),
        "seed": _optional(prefix, "seed", _("Seed"), _number(0, 2**31 - 1, 1)),
    }
    return {name: value for name, value in chosen.items() if value is not None}


def _optional(prefix: str, name: str, label: str, widget: Any) -> Any:
    switch, value = st.columns([1, 1.6], vertical_alignment="center")
    on = switch.toggle(label, key=f"{prefix}_{name}_on", help=_("Off: the provider's own default."))
    with value:
        return widget(label, f"{prefix}_{name}", not on) if on else None


def _slider(low: float, high: float, default: float, step: float) -> Any:
    def draw_slider(label: str, key: str, disabled: bool) -> float:
        return st.slider(label, low, high, default, step, key=key, disabled=disabled, label_visibility="collapsed")

    return draw_slider


def _number(low: int, high: int, default: int) -> Any:
    def draw_number(label: str, key: str, disabled: bool) -> int:
        return st.number_input(label, low, high, default, key=key, disabled=disabled, label_visibility="collapsed")

    return draw_number
