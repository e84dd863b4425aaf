"""A button that copies a text, without a word to the server."""

from __future__ import annotations

from functools import cache
from typing import Any

import streamlit as st

from components.i18n import _

_HTML = '<button type="button"><span aria-hidden="true"></span></button>'
_CSS = """
button { all: unset; cursor: pointer; padding: 0.35rem; border-radius: 0.4rem; line-height: 1; height: 1.15rem;
  color: inherit; opacity: 0.75; }
button:hover { opacity: 1; color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); }
span { font-family: "Material Symbols Rounded"; font-size: 1.15rem; }
"""
_JS = """
export default function ({ data, parentElement }) {
  const button = parentElement.querySelector("button");
  const sign = button.querySelector("span");
  const show = (copied) => {
    sign.textContent = copied ? "check" : "content_copy";
    button.title = copied ? data.copied : data.label;
    button.setAttribute("aria-label", button.title);
  };
  const byHand = () => {
    const area = document.createElement("textarea");
    area.value = data.text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  };
  show(false);
  button.onclick = async () => {
    try { await navigator.clipboard.writeText(data.text); } catch { byHand(); }
    show(true);
    setTimeout(() => show(false), 1500);
  };
}
"""


def button(text: str, key: str) -> None:
    """Copies `text` as it stands, Markdown included."""
    _component()(
        data={"text": text, "label": _("Copy"), "copied": _("Copied")}, key=key, width="content", height="content"
    )


@cache
def _component() -> Any:
    return st.components.v2.component("nichewise_copy", html=_HTML, css=_CSS, js=_JS)
