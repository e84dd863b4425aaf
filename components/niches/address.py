"""Keeps what a person chose on the niche pages in the address, so that a link or a reload brings back the same view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from components import session

_PREFIX = "niches_"


def get(name: str, default: str = "") -> str:
    return str(st.query_params.get(name, default))


def several(name: str) -> list[str]:
    """The values of a name that stands in the address more than once, each of them once."""
    return list(dict.fromkeys(st.query_params.get_all(name)))


def go(**values: str | Sequence[str]) -> None:
    """Makes these the whole address."""
    st.query_params.from_dict({name: value for name, value in values.items() if value})


def change(**values: str | Sequence[str]) -> None:
    """Changes a part of the address; "" takes a name out of it."""
    for name, value in values.items():
        if value:
            st.query_params[name] = value
        else:
            st.query_params.pop(name, None)


def link(page: str, **values: str | Sequence[str]) -> str:
    return f"{page}?{urlencode({name: value for name, value in values.items() if value}, doseq=True)}"


def select(
    name: str, label: str, options: Sequence[str], written: Callable[[str], str], *, default: str = "", help: str = ""
) -> str:
    """A select box whose choice is in the address; what is there and no option counts as `default`."""
    key = _shown(name, options, default)
    st.selectbox(
        label,
        options,
        format_func=written,
        key=key,
        on_change=_keep,
        args=(name, key, default),
        help=help or None,
    )
    return str(session.get(key))


def switch(name: str, label: str, options: Sequence[str], written: Callable[[str], str], *, default: str) -> str:
    """The same as a row of buttons of which one is pressed."""
    key = _shown(name, options, default)
    st.segmented_control(
        label,
        options,
        format_func=written,
        key=key,
        on_change=_keep,
        args=(name, key, default),
        label_visibility="collapsed",
        required=True,
    )
    return str(session.get(key))


def search(name: str, label: str, placeholder: str) -> str:
    """A text field whose text is in the address."""
    key = _PREFIX + name
    session.put(key, get(name))
    st.text_input(
        label,
        key=key,
        placeholder=placeholder,
        icon=":material/search:",
        max_chars=1_000,
        on_change=_keep,
        args=(name, key, ""),
        label_visibility="collapsed",
    )
    return get(name).strip()


def _shown(name: str, options: Sequence[str], default: str) -> str:
    chosen = get(name, default)
    key = _PREFIX + name
    session.put(key, chosen if chosen in options else default)
    return key


def _keep(name: str, key: str, default: str) -> None:
    chosen: Any = session.get(key)
    change(**{name: "" if chosen == default else str(chosen or "")})
