"""The names of model servers and of their models, as people give them."""

from __future__ import annotations

from core.errors import BadInput
from rag.providers import AUTO, REGISTRY

_LONGEST = 200


def check_names(provider: str | None, model: str | None) -> None:
    """Raises `BadInput` for a provider that does not exist or a model name that no server can have."""
    if provider and provider != AUTO and provider not in REGISTRY:
        raise BadInput(
            "There is no model provider %(name)s. Choose one of: %(choices)s.",
            name=provider,
            choices=", ".join((AUTO, *REGISTRY)),
        )
    if model and (len(model) > _LONGEST or not model.isprintable()):
        raise BadInput("This is not the name of a model.")
