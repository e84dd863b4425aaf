"""The library's drop zone for files in the language of the product: it speaks English alone."""

from __future__ import annotations

import json
from collections.abc import Sequence

import streamlit as st

from components.i18n import _


def speak(key: str, formats: Sequence[str]) -> None:
    """Covers the words of the zone in the container called `key`; `formats` are the suffixes that it takes."""
    zone = f".st-key-{key} [data-testid=stFileUploaderDropzone]"
    hint = _("or drop it here · %(formats)s", formats=", ".join(one.upper() for one in formats))
    covered = {"button p": _("Choose a file"), "[data-testid=stFileUploaderDropzoneInstructions] span": hint}
    for place, words in covered.items():
        said = f"content: {json.dumps(words, ensure_ascii=False)}; font-size: 0.9rem; white-space: normal;"
        st.html(f"<style>{zone} {place} {{ font-size: 0; }} {zone} {place}::after {{ {said} }}</style>")
