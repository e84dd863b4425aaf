"""Who may read what, and for administrators why, and what another person sees."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.corpora_schemas import CollectionOut
from api.dependencies import CurrentPrincipal, CurrentServices
from api.described import says
from api.inputs import Name, Short
from api.routers.search import Question, SearchOut
from api.source_schemas import CollectionReadersIn, DocumentReadersIn, ExplanationOut, ReadersOut
from services.retrieval.search import MAX_K

router = APIRouter(tags=["access"])


@router.get("/collections/{name}/readers")
def get_collection_readers(name: Name, principal: CurrentPrincipal, services: CurrentServices) -> ReadersOut:
    """The roles and people who may read it; administrators always may."""
    return ReadersOut.of(services.access.of_collection(principal, name))


@router.patch("/collections/{name}/readers")
def set_collection_readers(
    name: Name, body: CollectionReadersIn, principal: CurrentPrincipal, services: CurrentServices
) -> ReadersOut:
    """Acts at once, on every path."""
    return ReadersOut.of(services.access.set_collection(principal, name, body.roles, body.people))


@router.get("/documents/{document_id}/readers")
def get_document_readers(document_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> ReadersOut:
    """Whom its owner has named; `roles` is null where it follows its collection. For those who may change it."""
    return ReadersOut.of(services.access.of_document(principal, document_id))


@router.patch("/documents/{document_id}/readers")
def set_document_readers(
    document_id: UUID, body: DocumentReadersIn, principal: CurrentPrincipal, services: CurrentServices
) -> ReadersOut:
    """A document narrows its collection's readers, and never widens them."""
    return ReadersOut.of(services.access.set_document(principal, document_id, body.roles, body.people))


@router.get("/users/{user_id}/access")
def explain_access(
    user_id: UUID,
    principal: CurrentPrincipal,
    services: CurrentServices,
    collection: Annotated[Short, Query()] = "documents",
    document: Annotated[UUID | None, Query()] = None,
) -> ExplanationOut:
    """Why a person may read a collection, or a document of whatever collection, or may not."""
    if document is not None:
        return ExplanationOut.of(services.access.explain_document(principal, user_id, document))
    return ExplanationOut.of(services.access.explain_collection(principal, user_id, collection))


@router.get("/users/{user_id}/collections")
def list_collections_as(user_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> list[CollectionOut]:
    """The shared collections that this person may read; the audit log keeps who looked."""
    return [CollectionOut.of(one) for one in services.access.collections_as(principal, user_id)]


@router.get("/users/{user_id}/search", responses=says(409))
def search_as(
    user_id: UUID,
    q: Question,
    principal: CurrentPrincipal,
    services: CurrentServices,
    collection: Annotated[Short, Query()] = "documents",
    k: Annotated[int, Query(ge=1, le=MAX_K)] = 5,
) -> SearchOut:
    """What a search finds for this person; the audit log keeps who looked."""
    return SearchOut.of(services.access.search_as(principal, user_id, collection, q, k))
