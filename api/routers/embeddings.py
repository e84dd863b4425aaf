"""The embedding models that a collection may be indexed with."""

from __future__ import annotations

from fastapi import APIRouter

from api.dependencies import CurrentPrincipal, CurrentServices
from api.version_schemas import EmbeddingOut

router = APIRouter(prefix="/embeddings", tags=["collections"])


@router.get("")
def list_embeddings(principal: CurrentPrincipal, services: CurrentServices) -> list[EmbeddingOut]:
    """What new collections get first; a model with a `problem` cannot be used now."""
    return [EmbeddingOut.of(one) for one in services.embeddings.list(principal)]
