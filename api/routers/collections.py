"""Collections that the caller may read, and for administrators their making."""

from __future__ import annotations

from fastapi import APIRouter

from api.corpora_schemas import CollectionIn, CollectionOut
from api.dependencies import CurrentPrincipal, CurrentServices
from api.described import says

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
