"""Tables for narrow screens: there a grid cuts off its columns, so these stand in its place, below 640 px alone.

The grid that one of them stands for lies in a container `wide_…`, what is told narrow screens alone in `narrow_…`."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """`heads` are texts, the cells of `rows` HTML; the first column names, the others hold figures. What is too wide
    scrolls under the names."""
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    st.html(
        f'<div class="niche-narrow" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def entries(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Texts rather than figures: each row by itself, its first cell as its head, the others behind their columns'
    names as far as there is something in them."""

    def entry(cells: Sequence[str]) -> str:
        rest = zip(heads[1:], cells[1:], strict=True)
        facts = "".join(f"<div><dt>{escape(head)}</dt><dd>{escape(said)}</dd></div>" for head, said in rest if said)
        return f"<li><b>{escape(cells[0] or '–')}</b><dl>{facts}</dl></li>"

    st.html(f'<ul class="narrow-entries">{"".join(map(entry, rows))}</ul>')


def cell(text: str, below: str = "", *, href: str = "") -> str:
    """The HTML of a cell; `below` is a second, quieter line."""
    said = f'<a href="{escape(href)}" target="_self">{escape(text)}</a>' if href else escape(text)
    return f"{said}<br><small>{escape(below)}</small>" if below else said
