"""Which dialog the page opens next. A list that follows its documents would close a dialog of its own with its next
look: it asks for one, the page opens it, and the list stands still meanwhile."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from components import session

_ASKED = "documents_dialog"

Kind = Literal["delete", "review", "readers"]


def ask(kind: Kind, document_id: UUID) -> None:
    """Has the page open the dialog about a document with its next run."""
    session.put(_ASKED, (kind, document_id))


def asked() -> tuple[Kind, UUID] | None:
    """What is to be opened in this run; asking forgets it."""
    found: tuple[Kind, UUID] | None = session.take(_ASKED)
    return found
