"""What administrators do with a collection as a whole: another title, or away with it."""

from __future__ import annotations

import streamlit as st

from components import collection_titles, errors, session
from components.corpora import deletions
from components.i18n import N_, _, ngettext
from components.markup import plain
from core.entities.corpora import Collection, CollectionContents, CollectionKind
from core.entities.people import Principal
from core.roles import Permission
from services.corpora.collections import BUILT_IN, LONGEST_TITLE

_ACTIONS = {"rename": (N_("Rename"), "edit"), "delete": (N_("Delete"), "delete")}


def draw(who: Principal, collection: Collection) -> None:
    """A button with what may be done; nothing for who may do nothing."""
    if not who.may(Permission.CORPORA_MANAGE) or collection.kind is CollectionKind.PERSONAL:
        return
    chosen = st.menu_button(
        _("What to do with it"),
        ["rename"] if collection.name in BUILT_IN else ["rename", "delete"],
        format_func=lambda name: f":material/{_ACTIONS[name][1]}: {_(_ACTIONS[name][0])}",
        icon=":material/more_horiz:",
        type="tertiary",
        key="corpora_menu",
    )
    if chosen == "rename":
        st.dialog(_("Rename the collection"))(_rename)(collection)
    elif chosen == "delete":
        st.dialog(_("Delete the collection?"))(_delete)(collection)


def _rename(collection: Collection) -> None:
    now = collection_titles.title(collection)
    with st.form("corpora_rename", border=False):
        title = st.text_input(_("Title"), now, max_chars=LONGEST_TITLE)
        st.caption(_("Its name in addresses and programs stays %(name)s.", name=f"`{collection.name}`"))
        sent = st.form_submit_button(_("Save"), type="primary")
    if sent:
        with errors.shown():
            if title != now:  # or a title of the product's own would stay in this reader's language for everybody
                session.services().collections.rename(session.principal(), collection.name, title)
                collection_titles.forget()
            st.rerun()


def _delete(collection: Collection) -> None:
    with errors.shown():
        contents = session.services().deleting.contents(session.principal(), collection.name)
        title = plain(collection_titles.title(collection))
        st.markdown(_("“%(title)s” will be gone for good, for everybody. With it go:", title=title))
        st.markdown("\n".join(f"- {line}" for line in _lines(contents)))
        st.caption(_("Answers that cite its documents keep their text and lose what they quote."))
        with st.form("corpora_delete", border=False):
            typed = st.text_input(_("Type %(name)s to delete it", name=f"`{collection.name}`"), autocomplete="off")
            sent = st.form_submit_button(_("Delete"), type="primary", icon=":material/delete:")
        if not sent:
            return
        if typed.strip() != collection.name:
            st.error(_("This is not the name of the collection. Nothing was deleted."), icon=":material/error:")
            return
        deletions.follow(session.services().deleting.delete(session.principal(), collection.name).job_id)
        st.query_params.clear()
        st.rerun()


def _lines(contents: CollectionContents) -> list[str]:
    """What there is of each kind; an empty collection loses its versions alone."""
    counted = (
        (contents.documents, ngettext("%(n)s document", "%(n)s documents", contents.documents)),
        (contents.passages, ngettext("%(n)s passage", "%(n)s passages", contents.passages)),
        (contents.tables, ngettext("%(n)s table", "%(n)s tables", contents.tables)),
        (contents.versions, ngettext("%(n)s version of its index", "%(n)s versions of its index", contents.versions)),
        (contents.sources, ngettext("%(n)s source", "%(n)s sources", contents.sources)),
        (contents.questions, ngettext("%(n)s golden question", "%(n)s golden questions", contents.questions)),
    )
    return [line for count, line in counted if count]
