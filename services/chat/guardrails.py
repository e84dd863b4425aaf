"""Guardrails in service: checks messages and answers, keeps security events, and lets administrators edit the rules."""

from __future__ import annotations

from dataclasses import dataclass

from core.entities.guards import GuardRules, SecurityEvent
from core.entities.people import Principal
from core.errors import BadInput, Forbidden, NotFound, NotSignedIn
from core.roles import Permission
from data.database import Database
from data.transaction import Stores
from rag.guardrails import SHIPPED, Likeness, OutputFilter, RuleSet, Verdict, likeness, read

LONGEST_KEPT = 8_000  # characters of a text in a security event
_LONGEST_TRY = 20_000
_LONGEST_NOTE = 300
_LONGEST_PAGE = 500


@dataclass(frozen=True, slots=True)
class Trial:
    """What rules would do: every rule that `text` meets as a message, how much the learned check takes it for an
    attack, and what of it could be shown as an answer."""

    hits: tuple[Verdict, ...]
    likeness: Likeness
    shown: str
    answer: Verdict | None

    @property
    def stopped(self) -> bool:
        return bool(self.hits)


class Guardrails:
    """Every process follows the newest rules: a check compares versions and reads rules only when they have changed."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._rules: tuple[int, RuleSet] | None = None

    def check(self, principal: Principal, text: str) -> Verdict | None:
        """The rule that stops a message, recorded as a security event; None lets it pass."""
        return self.check_by(self.in_force(), principal, text)

    def check_by(self, rules: tuple[int, RuleSet], principal: Principal, text: str) -> Verdict | None:
        """The same by `rules` with their version."""
        verdict = rules[1].check_prompt(text)
        if verdict is not None:
            self._record(principal, verdict, rules[0], text)
        return verdict

    def in_force(self) -> tuple[int, RuleSet]:
        """The rules of now, with their version."""
        with self._db.begin() as tx:
            return self.followed(tx)

    def followed(self, tx: Stores) -> tuple[int, RuleSet]:
        """The same within a transaction that is open."""
        newest = tx.guards.newest()
        held = self._rules
        if held is not None and held[0] == newest:
            return held
        saved = tx.guards.version(newest) if newest else _shipped()
        assert saved is not None  # noqa: S101 - versions are never deleted
        self._rules = (newest, read(saved.body))
        return self._rules

    def stopped(self, principal: Principal, verdict: Verdict, text: str) -> None:
        """Records an answer that its filter has stopped; `text` is what was shown of it."""
        self._record(principal, verdict, self.in_force()[0], text)

    # --- for administrators -----------------------------------------------------------------------------------------

    def rules(self, principal: Principal, version: int | None = None) -> GuardRules:
        """The newest rules, or those of `version`; 0 are the shipped ones."""
        _administer(principal)
        with self._db.begin() as tx:
            wanted = tx.guards.newest() if version is None else version
            found = tx.guards.version(wanted) if wanted else _shipped()
        if found is None:
            raise NotFound
        return found

    def history(self, principal: Principal) -> tuple[GuardRules, ...]:
        """Newest first; the shipped ones are last."""
        _administer(principal)
        with self._db.begin() as tx:
            return (*tx.guards.history(), _shipped())

    def save(self, principal: Principal, body: str, note: str = "", *, based_on: int) -> int:
        """A new version, which counts at once; raises `BadInput` for rules that cannot be used, and where somebody else
        has saved others since `based_on`."""
        _administer(principal)
        read(body)
        with self._db.begin() as tx:
            tx.guards.lock()
            if tx.guards.newest() != based_on:
                raise BadInput("Somebody else has changed the rules meanwhile. Load them anew and repeat your change.")
            version = tx.guards.save(body, " ".join(note.split())[:_LONGEST_NOTE], principal)
            tx.audit.write(principal, "guardrails.changed", "rules", version)
        return version

    def try_it(self, principal: Principal, text: str, body: str | None = None) -> Trial:
        """What the rules in `body`, or those of now, would do with `text`; nothing is recorded."""
        _administer(principal)
        if len(text) > _LONGEST_TRY:
            raise BadInput("Try a text of up to %(most)s characters.", most=_LONGEST_TRY)
        rules = self.in_force()[1] if body is None else read(body)
        output = OutputFilter(rules)
        shown = output.feed(text) + output.close()
        return Trial(tuple(rules.all_hits(text)), likeness(text), shown, output.verdict)

    def check_rules(self, principal: Principal, body: str) -> RuleSet:
        """Raises `BadInput` that says what is wrong with `body`, and where."""
        _administer(principal)
        return read(body)

    def events(
        self,
        principal: Principal,
        *,
        rule: str = "",
        category: str = "",
        actor: str = "",
        limit: int = 100,
        offset: int = 0,
    ) -> tuple[SecurityEvent, ...]:
        """Newest first: all of them for those who may read the audit log, one's own for others. `actor` is a part of an
        e-mail."""
        if principal.user_id is None:
            raise NotSignedIn
        only = None if principal.may(Permission.AUDIT) else principal.user_id
        page = min(max(limit, 1), _LONGEST_PAGE)
        with self._db.begin() as tx:
            found = tx.guards.events(
                actor_id=only, rule=rule, category=category, actor=actor, limit=page, offset=max(offset, 0)
            )
        return tuple(found)

    # --- within -----------------------------------------------------------------------------------------------------

    def _record(self, principal: Principal, verdict: Verdict, version: int, text: str) -> None:
        with self._db.begin() as tx:
            tx.guards.record(
                principal,
                side=verdict.side,
                rule=verdict.rule,
                category=verdict.category,
                rules_version=version,
                content=text[:LONGEST_KEPT],
            )


def _shipped() -> GuardRules:
    return GuardRules(0, SHIPPED.read_text(encoding="utf-8"))


def _administer(principal: Principal) -> None:
    if not principal.may(Permission.SYSTEM):
        raise Forbidden
