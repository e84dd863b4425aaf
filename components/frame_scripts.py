"""Scripts of the frame: Streamlit's own words in the reader's language (it ships menus, hints and tooltips in English
alone), and the keys that work on every page."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import streamlit as st

from components import session
from components.i18n import N_
from core.i18n import translate

_ASSETS = Path(__file__).parent / "assets"
_LOST = N_("The connection to the server is lost. It is tried again by itself; what was saved is safe.")

_WORDS = {  # what Streamlit says -> what we say
    "System": N_("System"),
    "Light": N_("Light"),
    "Dark": N_("Dark"),
    "About": N_("About Nichewise"),
    "Press Enter to apply": N_("Enter to apply"),
    "Press Enter to submit form": N_("Enter to send"),
    "Press Ctrl+Enter to apply": N_("Ctrl+Enter to apply"),
    "Press Ctrl+Enter to submit form": N_("Ctrl+Enter to send"),
    "Press ⌘+Enter to apply": N_("⌘+Enter to apply"),
    "Press ⌘+Enter to submit form": N_("⌘+Enter to send"),
    "Show/hide columns": N_("Show or hide columns"),
    "Download as CSV": N_("Download as CSV"),
    "Search": N_("Search"),
    "Fullscreen": N_("Full screen"),
    "Close fullscreen": N_("Leave full screen"),
    "Sort ascending": N_("Sort ascending"),
    "Sort descending": N_("Sort descending"),
    "Statistics": N_("Statistics"),
    "Format": N_("Format"),
    "Autosize": N_("Fit the width"),
    "Pin column": N_("Pin the column"),
    "Unpin column": N_("Unpin the column"),
    "Hide column": N_("Hide the column"),
    "No results": N_("Nothing was found."),
    "Clear all": N_("Clear all"),
    "Select all": N_("Select all"),
    "Copy to clipboard": N_("Copy"),
    "Copied": N_("Copied"),
    "Show password": N_("Show the password"),
    "Hide password": N_("Hide the password"),
    "Expand sidebar": N_("Show the pages"),
    "Collapse sidebar": N_("Hide the pages"),
    "Main menu": N_("Menu"),
    "Page not found": N_("There is no such page"),
    "The page that you have requested does not seem to exist. Running the app's main page.": N_(
        "The address leads nowhere, so here is the first page."
    ),
    "Skip to main content": N_("Skip to the page itself"),
    "App pages": N_("Pages"),
    "Sidebar": N_("Pages and account"),
    "Navigate to home page": N_("To the first page"),
    "Close": N_("Close"),
    "Clear value": N_("Clear"),
    "Open": N_("Show the choices"),
    "Help for ": N_("Help: "),
    "Choose an option": N_("Choose"),
    "Send message": N_("Send"),
    "Upload files": N_("Choose files"),
    "file upload": N_("Choose files"),
    "Scroll tabs left": N_("Earlier tabs"),
    "Scroll tabs right": N_("More tabs"),
    "Pagination": N_("Pages of the list"),
    "Page ": N_("Page "),
    "Next page": N_("Next page"),
    "Previous page": N_("Previous page"),
    "Download plot as a PNG": N_("Download as PNG"),
    "Zoom": N_("Zoom"),
    "Pan": N_("Move"),
    "Zoom in": N_("Zoom in"),
    "Zoom out": N_("Zoom out"),
    "Autoscale": N_("Fit the axes"),
    "Reset axes": N_("Reset the axes"),
    "Box Select": N_("Select a box"),
    "Lasso Select": N_("Select with a lasso"),
    "Connecting": N_("Connecting"),
    "Connection error": N_("No connection"),
    "Connecting to Streamlit server": _LOST,
    "Unable to connect to Streamlit server": _LOST,
    "Streamlit server is not responding. Are you connected to the internet?": _LOST,
    "Is Streamlit still running? If you accidentally stopped Streamlit, just restart it in your terminal:": _LOST,
}


def install() -> None:
    """To be called once in every run."""
    with st.container(key="frame_scripts"):  # which takes no room
        st.html(_scripts(session.locale()), unsafe_allow_javascript=True)


@cache
def _scripts(locale: str) -> str:
    words, keys = ((_ASSETS / f"{name}.js").read_text(encoding="utf-8") for name in ("frame_words", "keys"))
    ours = json.dumps({said: translate(locale, ours) for said, ours in _WORDS.items()})
    return f"<script>{words.replace('__WORDS__', ours)}{keys}</script>"
