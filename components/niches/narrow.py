"""Tables for narrow screens: there a grid shows names and cuts off the figures, so these stand in its place."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Shown below 640 px alone. `heads` are texts, the cells of `rows` HTML; the first column names, the others hold
    figures. What is too wide scrolls under the names. The grid that it stands for lies in a container `wide_…`."""
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    st.html(
        f'<div class="niche-narrow" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def cell(text: str, below: str = "", *, href: str = "") -> str:
    """The HTML of a cell; `below` is a second, quieter line."""
    said = f'<a href="{escape(href)}" target="_self">{escape(text)}</a>' if href else escape(text)
    return f"{said}<br><small>{escape(below)}</small>" if below else said
