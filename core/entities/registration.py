"""Values of getting and keeping an account, and of what is remembered of a person's conversations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class AllowedAddress:
    """An e-mail address or a domain (`pattern`, lower case) that needs no approval when it registers (`approved`), or
    whose access never ends (`lasting`), or both."""

    pattern: str
    approved: bool
    lasting: bool
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person told when they registered. `niche` is a niche's id. Without `remember` no summaries are written.
    `proven_at`: when they showed that the mailbox is theirs, None if they never did."""

    city: str = ""
    niche: str = ""
    remember: bool = True
    proven_at: datetime | None = None


Reason = Literal["cleared", "sign_out", "expired"]


@dataclass(frozen=True, slots=True)
class Summary:
    """The key points of one conversation. `conversation_id` is None once it cannot be opened any more; `provider` is
    empty where the sentences were only picked out; `ended_by` is what made it be written."""

    id: UUID
    conversation_id: UUID | None
    title: str
    text: str
    ended_by: Reason
    provider: str
    model: str
    created_at: datetime
