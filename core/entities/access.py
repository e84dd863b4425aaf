"""Who may read what, and why: frozen dataclasses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from core.roles import Role


@dataclass(frozen=True, slots=True)
class Named:
    """A person who may read something by name."""

    id: UUID
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Readers:
    """Who may read a collection or a document, besides administrators and its owner.

    `roles` None: a document that says nothing of its own and follows its collection. No role and no person: only the
    owner of a document, or nobody but administrators.
    """

    roles: tuple[Role, ...] | None
    people: tuple[Named, ...] = ()

    @property
    def emails(self) -> list[str]:
        return [person.email for person in self.people]


class Rule(StrEnum):
    """What can let somebody read a collection or a document; the conditions are in `data.access`."""

    ADMINISTRATOR = "administrator"
    ROLE = "role"
    PERSON = "person"
    OWNER = "owner"
    INHERITED = "inherited"  # the document says nothing of its own


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a person may read something, or not: the rules that grant it. `document` is None where a collection was asked
    about. A document needs a rule of its own AND one of its collection."""

    allowed: bool
    collection: Sequence[Rule]
    document: Sequence[Rule] | None = None
