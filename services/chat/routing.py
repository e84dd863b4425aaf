"""Routes messages in service: what the conversation settles, the router, the record of each decision, corrections."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from core.entities.people import Principal
from core.errors import BadInput, NotFound
from core.roles import Permission
from data.database import Database
from data.stores.routes import RouteRecord
from data.transaction import Stores
from scenarios.router import FOR_GUESTS, SCENARIOS, DecidedBy, Decision, Route, Router, State

GUEST = "Guests can ask about the service and register; the rest needs an account."


class Routing:
    def __init__(self, db: Database, router: Router) -> None:
        self._db = db
        self._router = router

    def route(self, principal: Principal, message: str, state: State) -> Decision:
        """By the words of `message` and what the conversation settles; no database is asked."""
        return _allowed(principal, self._router.route(message, state))

    def with_model(self, principal: Principal, open_: Decision, answer: str) -> Decision:
        """What becomes of a decision that was left open when a model has answered `router.for_model`."""
        return _allowed(principal, self._router.with_model(open_, answer))

    def record(self, tx: Stores, message_id: UUID, decision: Decision) -> None:
        """Keeps how the answer `message_id` was routed, in the transaction that saves the answer."""
        record = RouteRecord(message_id, decision.scenario, decision.scores, decision.reason, decision.decided_by.value)
        tx.routes.add(record)

    def of(self, principal: Principal, message_id: UUID) -> RouteRecord | None:
        """How an answer was routed; None where the person had chosen the collection."""
        with self._db.begin() as tx:
            tx.messages.find(principal, message_id)
            return tx.routes.of(message_id)

    def correct(self, principal: Principal, message_id: UUID, scenario: str) -> None:
        """The person says which scenario would have been right."""
        if scenario not in SCENARIOS:
            raise BadInput(
                "There is no scenario %(name)s. Choose one of: %(choices)s.",
                name=scenario,
                choices=", ".join(SCENARIOS),
            )
        with self._db.begin() as tx:
            tx.messages.find(principal, message_id)
            if not tx.routes.choose(message_id, scenario):
                raise NotFound


def _allowed(principal: Principal, decision: Decision) -> Decision:
    if principal.may(Permission.CHAT_DOCUMENTS) or decision.scenario in FOR_GUESTS:
        return decision
    return replace(decision, scenario=Route.FAQ, reason=GUEST, decided_by=DecidedBy.STATE)


def decision_of(record: RouteRecord) -> Decision | None:
    """The decision as it was kept; None for one that was left open, or is no scenario any more."""
    if record.scenario not in SCENARIOS:
        return None
    return Decision(Route(record.scenario), record.scores, record.reason, DecidedBy(record.decided_by))
