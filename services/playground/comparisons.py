"""What is compared: one question and up to four configurations, checked before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from core.entities.people import Principal
from core.entities.playground import Configuration, Experiment, Lane
from core.errors import BadInput, Forbidden
from core.roles import Permission
from rag.providers import Params
from services.chat.asking import Ask, text_of
from services.models.names import check_names

MOST_LANES = 4
MOST_REPEATS = 10
_LONGEST_INSTRUCTIONS = 8_000  # characters
_LONGEST_TITLE = 120


@dataclass(frozen=True, slots=True)
class Comparison:
    """One question to up to four configurations, each `repeats` times. Without `collection` nobody gets passages."""

    question: str
    configurations: Sequence[Configuration]
    collection: str = "documents"
    repeats: int = 1


def allowed(principal: Principal) -> UUID:
    if not principal.may(Permission.PLAYGROUND) or principal.user_id is None:
        raise Forbidden
    return principal.user_id


def checked(principal: Principal, comparison: Comparison) -> Experiment:
    question = text_of(Ask(comparison.question))
    if not 1 <= len(comparison.configurations) <= MOST_LANES:
        raise BadInput("Compare one to %(most)s configurations.", most=MOST_LANES)
    if not 1 <= comparison.repeats <= MOST_REPEATS:
        raise BadInput("Repeat an answer 1 to %(most)s times.", most=MOST_REPEATS)
    now = datetime.now(UTC)
    return Experiment(
        id=uuid4(),
        owner_id=allowed(principal),
        owner=principal.name,
        title="",
        question=question,
        collection=comparison.collection,
        repeats=comparison.repeats,
        lanes=tuple(Lane(_usable(configuration)) for configuration in comparison.configurations),
        sources=(),
        shared=False,
        created_at=now,
        updated_at=now,
    )


def _usable(configuration: Configuration) -> Configuration:
    check_names(configuration.provider, configuration.model)
    if len(configuration.instructions) > _LONGEST_INSTRUCTIONS:
        raise BadInput("A system prompt has %(limit)s characters at most.", limit=_LONGEST_INSTRUCTIONS)
    return replace(configuration, params=Params.read(configuration.params).given())


def title(text: str) -> str:
    """As it is kept; raises `BadInput` for one that is empty or too long."""
    named = " ".join(text.split())
    if not 1 <= len(named) <= _LONGEST_TITLE:
        raise BadInput("Give it a name of 1 to %(longest)s characters.", longest=_LONGEST_TITLE)
    return named
