"""The place where files are dropped: the browser sends each straight to the API, and says so or why not."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from components import collection_titles, session
from components.i18n import _
from core.entities.corpora import Collection
from core.entities.people import Principal
from rag import readers

_ASSETS = Path(__file__).parents[1] / "assets"
_ADDRESS = "/api/documents"
_KNOWN_TO_MANY = ("pdf", "docx", "xlsx", "pptx", "txt", "eml", "png", "zip")


def draw(who: Principal, collections: Sequence[Collection]) -> None:
    """Draws the drop zone for the collections that `who` may add to."""
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
        _zone()(
            data={
                "address": _ADDRESS,
                "collection": where,
                "locale": session.locale(),
                "accept": ",".join((*readers.supported(), ".zip")),
                "words": _words(who),
            },
            key="documents_zone",
            on_stored_change=lambda: None,  # a stored file runs the page again
            height="content",
        )


@cache
def _zone() -> Any:
    html, css, js = ((_ASSETS / f"upload.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js"))
    return st.components.v2.component("nichewise_upload", html=html, css=css, js=js)


def _words(who: Principal) -> dict[str, str]:
    """What the zone says; the numbers in braces are filled in by the browser."""
    formats = ", ".join(suffix.upper() for suffix in _KNOWN_TO_MANY)
    limit = session.services().documents.largest(who) >> 20
    return {
        "choose": _("Choose files"),
        "hint": _(
            "or drop files, folders or a ZIP here · %(formats)s and more · up to %(limit)s MB each",
            formats=formats,
            limit=limit,
        ),
        "cancel": _("Cancel"),
        "again": _("Try again"),
        "counts": _("%(done)s of %(total)s", done="{done}", total="{total}"),
        "left": _("%(seconds)s s left", seconds="{seconds}"),
        "taken": _("Stored, and being indexed: %(n)s", n="{n}"),
        "known": _("There already: %(n)s", n="{n}"),
        "cancelled": _("Cancelled: %(n)s", n="{n}"),
        "lost": _("The connection broke off: %(n)s", n="{n}"),
        "more": _("Refused besides: %(n)s", n="{n}"),
        "failed": _("The file was not stored."),
    }
