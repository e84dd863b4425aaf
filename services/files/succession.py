"""A newer version of a document takes the place of the older ones, in the very transaction that makes it ready."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from core.entities.corpora import CollectionVersion
from data.transaction import Stores
from rag.vectors import Vectors

Gone = Mapping[UUID, Sequence[UUID]]  # ids of chunks by the version that they were in


def succeed(tx: Stores, ready: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Replaces what `ready` are newer versions of: their passages and tables leave, their files and citations stay.

    Returns the chunks that are gone, for `forget` once the transaction is through.
    """
    gone: dict[UUID, list[UUID]] = {}
    replaced = tx.lineages.supersede(ready)
    tx.sheets.remove(replaced)
    for document_id in replaced:
        for version_id, ids in tx.chunks.remove_document(document_id).items():
            gone.setdefault(version_id, []).extend(ids)
    return gone


def forget(vectors: Vectors, versions: Collection[CollectionVersion], gone: Gone) -> None:
    """Takes the vectors out. A crash before this leaves vectors that no search shows; the nightly check finds them."""
    for version in versions:
        if ids := gone.get(version.id):
            vectors.delete(version.vector_name, list(ids))
