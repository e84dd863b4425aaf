"""The place where files are dropped: each goes into a collection at once, and says so or why not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import streamlit as st

from components import collection_titles, errors, session
from components.i18n import _, ngettext, sentence
from components.markup import plain
from core.entities import Collection, Principal
from core.errors import NichewiseError
from rag import readers


def draw(who: Principal, collections: Sequence[Collection]) -> None:
    """Draws the drop zone for the collections that `who` may add to, and what became of the last files."""
    names = {one.name: collection_titles.title(one) for one in collections}
    with st.container(border=True, key="documents_upload"):
        where = st.segmented_control(
            _("Add to"),
            list(names),
            format_func=names.__getitem__,
            default=next(iter(names)),
            key="documents_target",
            required=True,
        )
        files = st.file_uploader(
            _("Files"),
            type=[suffix.lstrip(".") for suffix in readers.supported()],
            accept_multiple_files=True,
            key=f"documents_files_{session.get('documents_round', 0)}",
            label_visibility="collapsed",
        )
        _words()
        if files and where:
            _take(who, files, where)
        _outcome()


def _words() -> None:
    """Streamlit's drop zone speaks English alone: its words are covered with ours."""
    suffixes = ", ".join(suffix.lstrip(".").upper() for suffix in readers.supported())
    limit = st.get_option("server.maxUploadSize")
    hint = _("or drop them here · %(suffixes)s · up to %(limit)s MB each", suffixes=suffixes, limit=limit)
    zone = ".st-key-documents_upload [data-testid=stFileUploaderDropzone]"
    covered = {"button p": _("Choose files"), "[data-testid=stFileUploaderDropzoneInstructions] span": hint}
    for place, words in covered.items():
        spot = f"{zone} {place}"
        said = f"content: {json.dumps(words, ensure_ascii=False)}; font-size: 0.9rem;"
        st.html(f"<style>{spot} {{ font-size: 0; white-space: normal; }} {spot}::after {{ {said} }}</style>")


def _take(who: Principal, files: Sequence[Any], collection: str) -> None:
    taken, known, refused = 0, 0, []
    bar = st.progress(0.0, text=_("Storing the files…"))
    for place, file in enumerate(files, start=1):
        try:
            upload = session.services().documents.upload(who, file.name, file, collection)
            taken, known = taken + upload.created, known + (not upload.created)
        except NichewiseError as error:
            refused.append(f"**{plain(file.name)}**: {sentence(error)}")
        except Exception as error:
            refused.append(f"**{plain(file.name)}**: {errors.referenced(error)}")
        bar.progress(place / len(files), text=_("Storing the files…"))
    session.put("documents_outcome", (taken, known, refused))
    session.put("documents_round", session.get("documents_round", 0) + 1)  # a new key empties the drop zone
    st.rerun()


def _outcome() -> None:
    taken, known, refused = session.take("documents_outcome", (0, 0, []))
    if taken:
        done = ngettext(
            "%(n)s file is stored and is being indexed.", "%(n)s files are stored and are being indexed.", taken
        )
        st.success(done, icon=":material/check:")
    if known:
        st.info(
            ngettext("%(n)s file was there already.", "%(n)s files were there already.", known), icon=":material/info:"
        )
    for reason in refused:
        st.error(reason, icon=":material/error:")
