"""Niche data: administrators bring figures in, after a look at what the columns hold, and take the last import back."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import dropzone, errors, navigation, session
from components.i18n import _
from components.niches import history as niche_history
from components.niches import mapping as niche_mapping
from core.entities.people import Principal
from core.roles import Permission
from services.niches.imports import Preview

_FORMATS = ("csv", "xlsx", "md")
_PREVIEW = "niche_data_preview"


def render() -> None:
    who = session.require(Permission.CORPORA_MANAGE)
    navigation.title(
        _("Niche data"), _("Tables (CSV, XLSX) and articles (Markdown). Nothing changes before you say so.")
    )
    with st.container(border=True, key="niche_data_upload"):
        file = st.file_uploader(_("File"), type=list(_FORMATS), key="niche_data_file", label_visibility="collapsed")
        dropzone.speak("niche_data_upload", _FORMATS)
        if file is not None:
            with errors.shown():
                _look(who, file)
    niche_history.job()
    niche_history.draw(who)


def _look(who: Principal, file: Any) -> None:
    correction = niche_mapping.draw(_preview(who, file))
    with st.container(horizontal=True):
        dry = st.button(
            _("Try it"), icon=":material/science:", key="niche_data_try", help=_("Counts and errors; nothing is kept.")
        )
        wet = st.button(_("Import"), type="primary", icon=":material/upload:", key="niche_data_import")
    if dry or wet:
        file.seek(0)
        run = session.services().niche_import.start(who, file.name, file, correction, dry_run=dry)
        st.query_params["job"] = str(run)


def _preview(who: Principal, file: Any) -> Preview:
    """Of this very upload, read once."""
    known = session.get(_PREVIEW)
    if known and known[0] == file.file_id:
        return known[1]  # type: ignore[no-any-return]
    file.seek(0)
    made = session.services().niche_import.preview(who, file.name, file)
    session.put(_PREVIEW, (file.file_id, made))
    return made
