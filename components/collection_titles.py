"""What collections are called: the built-in ones in the user's language, the others as they were named."""

from __future__ import annotations

from collections.abc import Iterable

from components.i18n import N_, _
from core.entities.corpora import Collection, CollectionKind

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
    return _(collection.title) if collection.title in _BUILT_IN.values() else collection.title


def by_name(name: str) -> str:
    """For places that know the name alone."""
    known = "my-documents" if name.startswith("my-documents") else name
    return _(_BUILT_IN.get(known, "")) or name


def in_order(collections: Iterable[Collection]) -> list[Collection]:
    """Documents first: what most people add to and ask. Titles of several alphabets stand in no order that helps."""
    return sorted(collections, key=lambda one: (_ORDER.index(one.kind), one.name not in _BUILT_IN, title(one)))
