"""Key figures as cards: a short number whose full value shows on hover, with rank and percentile among all niches."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from components import charts
from components.i18n import _
from components.niches import words
from niches.results import KeyFigure


def draw(figures: Sequence[KeyFigure]) -> None:
    st.html(f'<div class="niche-figures">{"".join(map(_card, figures))}</div>')


def _card(figure: KeyFigure) -> str:
    metric, standing = figure.metric, figure.standing
    median = _("Median of all niches: %(value)s", value=words.full(standing.median, metric))
    whole = "\n".join(filter(None, (words.full(standing.value, metric), median, words.metric_about(metric))))
    color = charts.color("primaryColor")
    bar = f'<span style="width:{standing.percentile:.0f}%;background:{color}"></span>'
    return (
        f'<div class="niche-figure" title="{escape(whole)}" tabindex="0">'
        f'<div class="niche-figure-name">{escape(words.title(metric))}</div>'
        f'<div class="niche-figure-value">{escape(words.short(standing.value, metric))}</div>'
        f'<div class="niche-figure-bar">{bar}</div>'
        f'<div class="niche-figure-rank">{escape(words.rank(standing))}<br>{escape(words.percentile(standing))}</div>'
        "</div>"
    )
