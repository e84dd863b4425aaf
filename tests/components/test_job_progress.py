"""Progress of long work: a page never stays with the state of a moment ago."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def _page() -> None:
    """Sees work under way; by the time its progress is drawn that work has ended."""
    from datetime import UTC, datetime

    import streamlit as st

    from components import job_progress

    if "drawn" in st.session_state:
        st.text("ended")
    else:
        st.session_state["drawn"] = True
        job_progress.draw(lambda: [job_progress.Progress("", "", 1, 1, datetime.now(UTC), ended=True)])


def test_work_that_ends_while_the_page_is_drawn_draws_the_page_again() -> None:
    page = AppTest.from_function(_page).run()
    assert not page.exception
    assert [text.value for text in page.text] == ["ended"]
