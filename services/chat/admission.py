"""What stands around every answer: limits and guardrails before it, an output filter in it, token counts after it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from core.entities.answers import Content, Trace
from core.entities.messages import Action, MessageStatus, Usage
from core.entities.people import Principal
from core.i18n import translate
from data.database import Database
from data.stores.messages import NewMessage, Written
from data.transaction import Stores
from rag.guardrails import OutputFilter, RuleSet, Verdict
from rag.language import detect
from services.answer.recorder import Recorder
from services.chat.guardrails import Guardrails
from services.chat.limits import Limits

BLOCKED = (
    "This message was blocked: it looks like an attempt to change the assistant's rules or to reach what is not yours. "
    "Nothing was changed. Ask in other words; if it was stopped without cause, tell an administrator."
)


@dataclass(frozen=True, slots=True)
class Admitted:
    """The version of the rules that an answer is made under, and the one that stops its question, if one does."""

    version: int
    rules: RuleSet
    stopped: Verdict | None

    def output(self) -> OutputFilter:
        """A filter for one answer."""
        return OutputFilter(self.rules)


class Admission:
    def __init__(self, db: Database, guardrails: Guardrails, limits: Limits) -> None:
        self._db, self._guardrails, self._limits = db, guardrails, limits

    def admit(self, principal: Principal, question: str, recorder: Recorder, *, form: bool = False) -> Admitted:
        """Raises `TooMany` where a limit is used up.

        The limit comes first: every attack that a rule stops is written down, and a flood of them must not be.
        """
        with recorder.step("limit"):
            with self._db.begin() as tx:
                refusal = self._limits.refusal(tx, principal, form=form)
                version, rules = self._guardrails.followed(tx)
            if refusal is not None:
                raise refusal
        with recorder.step("guard") as step:
            stopped = self._guardrails.check_by((version, rules), principal, question)
            step |= {"rule": stopped.rule, "category": stopped.category} if stopped else {}
        return Admitted(version, rules, stopped)

    def stopped(self, principal: Principal, verdict: Verdict, text: str) -> None:
        """Records the rule that stopped an answer; `text` is what was shown of it."""
        self._guardrails.stopped(principal, verdict, text)


def block(tx: Stores, conversation_id: UUID, question: str, trace: Trace) -> UUID:
    """Answers a stopped question at once, in its language, without any model."""
    message_id = tx.messages.add(NewMessage(conversation_id, "assistant", "", status=MessageStatus.WAITING))
    text = translate(detect(question), BLOCKED)
    tx.messages.finish(
        message_id,
        Written(
            text=text,
            status=MessageStatus.COMPLETE,
            action=Action.BLOCKED,
            provider="",
            model="",
            usage=Usage(0, 0, estimated=False),
            took_ms=0,
            error="",
            evidence=None,
            citations=(),
            params={},
        ),
    )
    tx.answers.keep(message_id, Content(), trace)
    return message_id
