"""Collections that the caller may read, and for administrators their making, renaming and deleting."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter

from api.corpora_schemas import CollectionChange, CollectionDeletedOut, CollectionIn, CollectionOut
from api.dependencies import CurrentPrincipal, CurrentServices
from api.described import says
from api.inputs import Name

router = APIRouter(prefix="/collections", tags=["collections"])


@router.get("")
def list_collections(principal: CurrentPrincipal, services: CurrentServices) -> list[CollectionOut]:
    """Those that the caller may read, with counts, and their own `my-documents`."""
    return [CollectionOut.of(collection) for collection in services.collections.list(principal)]


@router.post("", status_code=201, responses=says(409))
def create_collection(body: CollectionIn, principal: CurrentPrincipal, services: CurrentServices) -> CollectionOut:
    """A new shared collection, empty. For administrators."""
    made = services.collections.create(principal, body.name, body.title, body.kind, body.readers)
    return CollectionOut.of(made)


@router.patch("/{name}")
def change_collection(
    name: Name, body: CollectionChange, principal: CurrentPrincipal, services: CurrentServices
) -> CollectionOut:
    """Another title; the name is the address and stays. For administrators."""
    return CollectionOut.of(services.collections.rename(principal, name, body.title))


@router.delete("/{name}", status_code=202)
def delete_collection(name: Name, principal: CurrentPrincipal, services: CurrentServices) -> CollectionDeletedOut:
    """Deletes the collection with all that belongs to it. It is gone with the answer; a job removes its files and
    indexes and counts them. For administrators; not for `faq`, `analytics`, `documents` and `my-documents`."""
    deleted = services.deleting.delete(principal, name)
    return CollectionDeletedOut(job_id=deleted.job_id, **asdict(deleted.contents))
