"""Charts wear the theme's colours and the reader's numbers."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

SCRIPT = """
import streamlit as st
from components import charts
st.session_state["locale"] = "{locale}"
layout = charts.template().layout
st.text(layout.colorway[0])
st.text(repr(layout.separators))
"""


@pytest.mark.parametrize(
    ("theme", "locale", "color", "separators"),
    [("light", "en", "#0f766e", ".,"), ("dark", "ru", "#4fb8aa", ",\u00a0")],
)
def test_a_chart_has_the_themes_colours(theme: str, locale: str, color: str, separators: str) -> None:
    page = AppTest.from_string(SCRIPT.format(locale=locale), default_timeout=30)
    page.context = {"theme": theme}
    page.run()
    assert not page.exception
    assert [element.value for element in page.text] == [color, repr(separators)]
