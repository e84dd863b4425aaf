"""One look for every Plotly chart: the theme's colours, units on the axes, thousands separators."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import session

_SEPARATORS = {"en": ".,", "ru": ",\u00a0"}  # decimal sign, thousands sign


def template() -> Any:
    """The Plotly template of the theme that the browser shows."""
    import plotly.graph_objects as go  # at first use: it takes a third of a second

    axis = {"gridcolor": color("borderColor"), "zeroline": False, "ticks": "", "automargin": True}
    return go.layout.Template(
        layout={
            "colorway": list(_option("chartCategoricalColors")),
            "colorscale": {"sequential": [[i / 9, c] for i, c in enumerate(_option("chartSequentialColors"))]},
            "font": {"family": st.get_option("theme.font"), "color": color("textColor"), "size": 13},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "separators": _SEPARATORS[session.locale()],
            "margin": {"l": 8, "r": 8, "t": 32, "b": 8},
            "xaxis": axis,
            "yaxis": axis,
            "hoverlabel": {"font": {"family": st.get_option("theme.font")}},
            "legend": {"orientation": "h", "y": -0.2},
        }
    )


def color(name: str) -> str:
    """`primaryColor`, `textColor`, … of the theme that the browser shows, as "#rrggbb"."""
    return str(_option(name))


def draw(name: str, figure: Any, data: bytes, file: str = "") -> None:
    """Draws `figure` with the theme's template; `data` is its CSV, called `file` (else `name`). The chart's own bar
    saves it as a PNG."""
    figure.update_layout(template=template())
    config = {
        "displaylogo": False,
        "toImageButtonOptions": {"filename": file or name, "scale": 2},
        "locale": session.locale(),
    }
    st.plotly_chart(figure, theme=None, key=f"{name}_chart", config=config)
    st.download_button(
        "CSV",
        data,
        file_name=f"{file or name}.csv",
        mime="text/csv",
        key=f"{name}_chart_csv",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


def _option(name: str) -> Any:
    dark = st.context.theme.type == "dark"
    return st.get_option(f"theme.{'dark' if dark else 'light'}.{name}")
