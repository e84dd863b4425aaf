"""How much small talk a person has with the assistant: so many answers a day, and so many of them a conversation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID

from core.entities.people import Principal
from core.settings import Settings
from data.database import Database
from scenarios.base import Intent, Outcome
from scenarios.offtopic import CHAT

_DAY = timedelta(days=1)


class SmallTalk:
    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings

    @property
    def carriers(self) -> Mapping[str, Callable[[Principal, UUID, Intent], Outcome]]:
        return {CHAT: self._count}

    def _count(self, principal: Principal, conversation_id: UUID, intent: Intent) -> Outcome:
        """Counts one; not ok when a limit is used up."""
        # A guest can drop the cookie that names them, so the address counts where it is known.
        who = principal.user_id or principal.ip or principal.guest_id
        with self._db.begin() as tx:
            here, _ = tx.rates.hit(f"small-talk:{conversation_id}", _DAY)
            today, _ = tx.rates.hit(f"small-talk:{who}", _DAY)
        allowed = self._settings
        ok = here <= allowed.small_talk_per_conversation and today <= allowed.small_talk_per_day
        return Outcome(intent.name, ok, values={"today": today > allowed.small_talk_per_day})
