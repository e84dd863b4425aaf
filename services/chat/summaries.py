"""What is remembered of a person's conversations: noted when one is cleared or a session ends, shown at the next."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from core.entities.people import Principal, User
from core.entities.registration import Reason, Summary
from core.entities.usage import Activity, Spent
from core.errors import Forbidden, NichewiseError, NotFound
from core.roles import Permission
from data.database import Database
from data.stores.summaries import Due
from data.transaction import Stores
from rag import summarising
from rag.answering import Draft
from rag.guardrails import OutputFilter
from rag.providers import Params
from rag.providers.choice import Choice
from rag.summarising import Exchange
from services.chat import usage
from services.chat.guardrails import Guardrails
from services.chat.limits import Limits
from services.models.engine import Engine

_log = logging.getLogger(__name__)

_IN_CONTEXT = 3  # summaries that the next session's answers know of
_LONGEST_CONTEXT = 2_000  # characters
_LONGEST_PAGE = 100
_MODEL_SECONDS = 300.0
Output = Callable[[], OutputFilter]
_PARAMS = Params(temperature=0.2, max_tokens=400, timeout=60)


@dataclass(frozen=True, slots=True)
class Told:
    """A summary with the model that wrote it, "" where the sentences were picked out."""

    text: str
    provider: str = ""
    model: str = ""


class Summaries:
    """Everything is about the caller's own conversations: nothing here takes another person's id."""

    def __init__(self, db: Database, engine: Engine, guardrails: Guardrails) -> None:
        self._db = db
        self._engine = engine
        self._guardrails = guardrails

    # --- reading ----------------------------------------------------------------------------------------------------

    def latest(self, principal: Principal, *, limit: int = 20, offset: int = 0) -> Sequence[Summary]:
        """Newest first."""
        _require(principal)
        with self._db.read() as tx:
            return tx.summaries.latest(principal, limit=min(max(limit, 1), _LONGEST_PAGE), offset=max(offset, 0))

    def greeting(self, principal: Principal) -> Summary | None:
        """What a person who comes back is reminded of: the newest summary, until it was seen."""
        if principal.user_id is None:
            return None
        with self._db.read() as tx:
            return tx.summaries.unseen(principal)

    def seen(self, principal: Principal, summary_id: UUID) -> None:
        with self._db.begin() as tx:
            tx.summaries.see(principal, summary_id)

    def context(self, principal: Principal) -> str:
        """The latest summaries, newest first, for the prompt of the next answers: data, to be fenced as such. Empty for
        guests and for those who do not want to be remembered."""
        if principal.user_id is None:
            return ""
        with self._db.read() as tx:
            if not tx.profiles.of(principal.user_id).remember:
                return ""
            latest = tx.summaries.latest(principal, limit=_IN_CONTEXT)
        return "\n\n".join(f"{one.created_at:%Y-%m-%d}, {one.title}:\n{one.text}" for one in latest)[:_LONGEST_CONTEXT]

    def remembers(self, principal: Principal) -> bool:
        with self._db.begin() as tx:
            return tx.profiles.of(_require(principal)).remember

    # --- changing ---------------------------------------------------------------------------------------------------

    def delete(self, principal: Principal, summary_id: UUID) -> None:
        """`NotFound` for another person's."""
        user_id = _require(principal)
        with self._db.begin() as tx:
            if not tx.summaries.delete(principal, summary_id):
                raise NotFound
            tx.audit.write(principal, "summary.deleted", "user", user_id)

    def forget(self, principal: Principal) -> int:
        """Deletes all of them; how many."""
        user_id = _require(principal)
        with self._db.begin() as tx:
            count = tx.summaries.delete(principal)
            tx.audit.write(principal, "summary.forgot", "user", user_id, count=count)
        return count

    def remember(self, principal: Principal, wanted: bool) -> None:
        """Whether summaries may be written and used from now on; those that exist stay until they are deleted."""
        user_id = _require(principal)
        with self._db.begin() as tx:
            tx.profiles.change(user_id, remember=wanted)
            tx.audit.write(principal, "summary.remember", "user", user_id, wanted=wanted)

    # --- writing, as a job ------------------------------------------------------------------------------------------

    def sweep(self) -> int:
        """Sees to sessions that ended without anybody signing out; how many."""
        with self._db.begin() as tx:
            return after_sessions(tx, most=500)

    def run(
        self, user_id: UUID, ended_by: Reason, *, since: datetime | None = None, conversation_id: UUID | None = None
    ) -> int:
        """Summarises what is not summarised yet of the conversation, or of those in use since then; how many. Done
        twice, the second time finds nothing to do."""
        with self._db.begin() as tx:
            user = tx.users.get(user_id)
            if user is None or not tx.profiles.of(user_id).remember:
                return 0
            due = tx.summaries.due(user_id, since=since, conversation_id=conversation_id)
        return sum(self._summarise(user, one, ended_by) for one in due)

    def _summarise(self, user: User, due: Due, ended_by: Reason) -> bool:
        with self._db.begin() as tx:
            owner = Principal(role=user.role, user_id=user.id, email=user.email)
            said = tx.messages.these(owner, tx.threads.path(due.conversation_id))
        told = summarising.exchanges(said)
        if not told:
            return False
        drafts: list[Draft] = []
        summary = self._told(user, told, drafts)
        key = f"summary:{due.conversation_id}:{due.last}"
        spent = [_spent(f"{key}:{n}", one) for n, one in enumerate(drafts) if one.first_token_at is not None]
        with self._db.begin() as tx:
            Limits.count(tx, owner, usage.record(tx, owner, spent))
            if tx.profiles.of(user.id).remember:  # it may have been switched off while a model was writing
                tx.summaries.keep(user.id, due, summary.text, ended_by, provider=summary.provider, model=summary.model)
        return True

    def _told(self, user: User, told: list[Exchange], drafts: list[Draft]) -> Told:
        """What models have written for it, used or not, goes to `drafts`."""
        output = partial(OutputFilter, self._guardrails.in_force()[1])
        try:
            written = self._engine.run(self._written(user, told, output, drafts)).result(_MODEL_SECONDS)
        except (NichewiseError, TimeoutError) as error:
            _log.warning("No model summed up a conversation: %s", error)
            written = None
        return written or Told(summarising.points(told))

    async def _written(self, user: User, told: list[Exchange], output: Output, drafts: list[Draft]) -> Told | None:
        """By the first model that answers; None where there is none, or where a rule about answers stopped it."""
        candidates = await self._engine.candidates(user.role, None, None)
        for choice in (one for one in candidates if one.provider.name != "extractive"):
            try:
                return await self._ask(choice, told, output, drafts)
            except NichewiseError as error:
                _log.warning("%s did not sum up a conversation: %s", choice.provider.name, error)
        return None

    async def _ask(self, choice: Choice, told: list[Exchange], output: Output, drafts: list[Draft]) -> Told | None:
        engine = self._engine
        draft = Draft(summarising.brief(told), choice, _PARAMS, engine.settings, engine.servers, output)
        drafts.append(draft)
        async with aclosing(draft.write()) as pieces:
            async for _piece in pieces:
                if len(draft.text) > summarising.LONGEST:
                    break
        if draft.stopped_by is not None or not draft.text.strip():
            return None
        return Told(draft.text.strip()[: summarising.LONGEST], draft.provider, draft.model)


def _spent(key: str, draft: Draft) -> Spent:
    return Spent(key, Activity.ASSISTANT, draft.choice.provider.name, draft.choice.model, draft.usage)


def after_clearing(tx: Stores, principal: Principal, conversation_id: UUID) -> None:
    """To be called in the transaction that archives, deletes or clears a conversation of `principal`."""
    if principal.user_id is not None:
        _defer(tx, principal.user_id, "cleared", conversation_id=str(conversation_id))


def after_sessions(tx: Stores, *, most: int = 20) -> int:
    """To be called in the transaction that ends a session; how many ended that nobody had seen to yet."""
    ended = tx.summaries.ended_sessions(most=most)
    for one in ended:
        if tx.summaries.due(one.user_id, since=one.began, most=1):
            _defer(tx, one.user_id, one.ended_by, since=one.began.isoformat())
    return len(ended)


def _defer(tx: Stores, user_id: UUID, ended_by: Reason, *, since: str = "", conversation_id: str = "") -> None:
    tx.jobs.defer(
        "summarise",
        queue="text",
        lock=f"summarise:{user_id}",
        user_id=user_id,
        ended_by=ended_by,
        since=since,
        conversation_id=conversation_id,
    )


def _require(principal: Principal) -> UUID:
    if principal.user_id is None or not principal.may(Permission.PROFILE):
        raise Forbidden
    return principal.user_id
