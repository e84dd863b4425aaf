"""Figures of two versions side by side: what the new one has, and how far that is from the old one."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.i18n import number


def draw(name: str, figures: Sequence[tuple[str, float, float]], said: str) -> None:
    """`figures` are (title, before, after); `said` is a message with the place `n`, for what was before."""
    with st.container(horizontal=True, gap="large", key=f"corpora_compared_{name}"):
        for title, before, after in figures:
            change = round(after - before)
            st.metric(
                title, number(after, 1), f"{change:+}" if change else None, delta_color="off", width="content",
                help=said % {"n": number(before, 1)},
            )  # fmt: skip
