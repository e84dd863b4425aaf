"""What the model is told for each role and scenario: the shipped words, or what administrators wrote in their place."""

from __future__ import annotations

import scenarios
from core.entities.conversations import Instructions
from core.entities.people import Principal
from core.errors import BadInput, Forbidden, NotFound
from core.roles import Permission, Role
from data.database import Database

LONGEST = 8_000  # characters; more would leave a small model no room for passages
_LONGEST_NOTE = 200


class Prompts:
    def __init__(self, db: Database) -> None:
        self._db = db

    def instructions(self, role: Role, scenario: str) -> Instructions:
        """What counts now for a role: its own, else those for every role, else version 0 with an empty body, which
        leaves the shipped ones in force. Called with every answer: one query."""
        with self._db.read() as tx:
            return tx.instructions.in_force(role, scenario) or Instructions(scenario, None, 0, "")

    def shipped(self, scenario: str) -> str:
        """The words that come with the product."""
        return scenarios.get(scenario).instructions

    def history(self, principal: Principal, role: Role | None, scenario: str) -> list[Instructions]:
        """What was saved for a role (None: for every role), newest first."""
        _allow(principal)
        with self._db.begin() as tx:
            return tx.instructions.history(role, scenario)

    def save(self, principal: Principal, role: Role | None, scenario: str, body: str, note: str = "") -> Instructions:
        """From now on; an empty `body` gives the shipped ones back (a role: those for every role)."""
        _allow(principal)
        name = scenarios.get(scenario).name
        body, note = _clean(body), " ".join(_clean(note).split())
        if len(body) > LONGEST:
            raise BadInput("The instructions are longer than %(limit)s characters. Shorten them.", limit=LONGEST)
        with self._db.begin() as tx:
            saved = tx.instructions.add(role, name, body, note[:_LONGEST_NOTE], principal.email)
            tx.audit.write(
                principal,
                "instructions.saved",
                "scenario",
                name,
                role=role.value if role else "",
                version=saved.version,
            )
        return saved

    def restore(self, principal: Principal, version: int) -> Instructions:
        """Saves an earlier state once more, as the newest."""
        _allow(principal)
        with self._db.begin() as tx:
            old = tx.instructions.get(version)
        if old is None:
            raise NotFound
        return self.save(principal, old.role, old.scenario, old.body, old.note)


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\x00", "").strip()


def _allow(principal: Principal) -> None:
    if not principal.may(Permission.SYSTEM):
        raise Forbidden
