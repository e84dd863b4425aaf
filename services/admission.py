"""What stands around every answer: limits and guardrails before it, an output filter in it, token counts after it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from core.entities.answers import Content, Trace
from core.entities.messages import Action, MessageStatus, Usage
from core.entities.people import Principal
from core.i18n import translate
from data.stores.messages import NewMessage, Written
from data.transaction import Stores
from rag.guardrails import OutputFilter, Verdict
from rag.language import detect
from services.answer.recorder import Recorder
from services.guardrails import Guardrails
from services.limits import Limits

BLOCKED = (
    "This message was blocked: it looks like an attempt to change the assistant's rules or to reach what is not yours. "
    "Nothing was changed. Ask in other words; if it was stopped without cause, tell an administrator."
)


class Admission:
    def __init__(self, guardrails: Guardrails, limits: Limits) -> None:
        self._guardrails, self._limits = guardrails, limits

    def admit(
        self, principal: Principal, question: str, recorder: Recorder | None = None, *, form: bool = False
    ) -> Verdict | None:
        """The rule that stops the question, or None; raises `TooMany` where a limit is used up.

        The limit comes first: every attack that a rule stops is written down, and a flood of them must not be.
        """
        recorder = recorder or Recorder()
        with recorder.step("limit"):
            self._limits.admit(principal, form=form)
        with recorder.step("guard") as step:
            stopped = self._guardrails.check(principal, question)
            step |= {"rule": stopped.rule, "category": stopped.category} if stopped else {}
        return stopped

    def rules(self) -> tuple[int, Callable[[], OutputFilter]]:
        """The version of the rules of now, and what makes a filter of them for one answer."""
        version, rules = self._guardrails.in_force()
        return version, lambda: OutputFilter(rules)

    def answered(self, principal: Principal, usage: Usage, stopped: Verdict | None, text: str) -> None:
        """After an answer: counts its tokens, and records the rule that stopped it, if one did."""
        self._limits.spend(principal, usage.prompt_tokens + usage.completion_tokens)
        if stopped is not None:
            self._guardrails.stopped(principal, stopped, text)


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
