"""What collections are called: the built-in ones in the user's language, the others as they were named."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from components import session
from components.i18n import N_, _
from core.entities.corpora import Collection, CollectionKind

_KEPT = 10.0  # seconds, until another administrator's title is seen
_BUILT_IN = {
    "faq": N_("Questions and answers"),
    "analytics": N_("Niche analytics"),
    "documents": N_("Documents"),
    "my-documents": N_("My documents"),
}
_ORDER = (CollectionKind.DOCUMENTS, CollectionKind.PERSONAL, CollectionKind.FAQ, CollectionKind.ANALYTICS)
KINDS = {
    CollectionKind.FAQ: N_("Questions and answers"),
    CollectionKind.ANALYTICS: N_("Analytics"),
    CollectionKind.DOCUMENTS: N_("Documents"),
    CollectionKind.PERSONAL: N_("Personal"),
}


def title(collection: Collection) -> str:
    """One of the product's own titles in the user's language, unless an administrator chose another."""
    return _own(collection.title)


def _own(chosen: str) -> str:
    return _(chosen) if chosen in _BUILT_IN.values() else chosen


def by_name(name: str) -> str:
    """For places that know the name alone; the name itself where the collection is gone, or not for this reader."""
    if name.startswith("my-documents"):
        return _(_BUILT_IN["my-documents"])
    return _own(_titles(session.key()).get(name) or _BUILT_IN.get(name, name))


@st.cache_data(ttl=_KEPT, max_entries=200, show_spinner=False)
def _titles(key: str) -> dict[str, str]:
    """By name. A list asks for the title of each of its rows, and a fragment for who is signed in each time."""
    who = session.visitor()
    return session.services().collections.titles(who) if who else {}


def forget() -> None:
    """What was read before a title changed."""
    _titles.clear()


def in_order(collections: Iterable[Collection]) -> list[Collection]:
    """Documents first: what most people add to and ask. Titles of several alphabets stand in no order that helps."""
    return sorted(collections, key=lambda one: (_ORDER.index(one.kind), one.name not in _BUILT_IN, title(one)))
