"""All collections that somebody may read, one row each, and the button that makes another."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import collection_titles, navigation
from components.corpora import deletions
from components.corpora import form as corpus_form
from components.i18n import _, ngettext
from components.markup import plain
from core.entities.corpora import Collection, CollectionKind
from core.entities.people import Principal
from core.roles import Permission, Role


def draw(who: Principal, collections: Sequence[Collection]) -> None:
    if who.may(Permission.CORPORA_MANAGE):
        corpus_form.button()
    deletions.draw(who)
    for collection in collections:
        with st.container(
            border=True, horizontal=True, vertical_alignment="center", key=f"corpora_row_{collection.name}"
        ):
            with st.container(width="stretch", gap="xxsmall"):
                st.markdown(_headline(collection))
                st.caption(_facts(collection))
            st.button(
                _("Open"), key=f"corpora_open_{collection.name}", on_click=_open, args=(collection.name,),
                icon=":material/chevron_right:", icon_position="right",
            )  # fmt: skip


def _open(name: str) -> None:
    st.query_params.from_dict({"collection": name})


def _headline(collection: Collection) -> str:
    title, kind = collection_titles.title(collection), _(collection_titles.KINDS[collection.kind])
    badges = [f":primary-badge[{kind}]"] if kind != title else []
    badges += [f":gray-badge[{_('demo data')}]"] if collection.demo else []
    return " ".join((f"**{plain(title)}** `{collection.name}`", *badges))


def _facts(collection: Collection) -> str:
    counts = (
        ngettext("%(n)s document", "%(n)s documents", collection.documents),
        ngettext("%(n)s passage", "%(n)s passages", collection.chunks),
        _("Version %(version)s", version=collection.version.number),
        readers(collection),
    )
    return " · ".join(counts)


def readers(collection: Collection) -> str:
    """Which roles may read it, in one sentence part."""
    if collection.kind is CollectionKind.PERSONAL:
        return _("Only you can read it.")
    named = ", ".join(_(navigation.ROLES[role]) for role in Role if role in collection.readers)
    return _("Readers: %(roles)s", roles=named or _(navigation.ROLES[Role.ADMIN]))
