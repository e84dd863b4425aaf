"""What stands around every answer: limits and guardrails before it, an output filter in it, token counts after it."""

from __future__ import annotations

from uuid import UUID

from core.entities import Action, MessageStatus, Principal, Usage
from core.i18n import translate
from data.database import Stores
from data.stores.messages import NewMessage, Written
from rag.guardrails import OutputFilter, Verdict
from rag.language import detect
from services.guardrails import Guardrails
from services.limits import Limits

BLOCKED = (
    "This message was blocked: it looks like an attempt to change the assistant's rules or to reach what is not yours. "
    "Nothing was changed. Ask in other words; if it was stopped without cause, tell an administrator."
)


class Admission:
    def __init__(self, guardrails: Guardrails, limits: Limits) -> None:
        self._guardrails, self._limits = guardrails, limits

    def admit(self, principal: Principal, question: str) -> Verdict | None:
        """The rule that stops the question, or None; raises `TooMany` where a limit is used up."""
        self._limits.admit(principal)
        return self._guardrails.check(principal, question)

    def output_filter(self) -> OutputFilter:
        return self._guardrails.output_filter()

    def answered(self, principal: Principal, usage: Usage, stopped: Verdict | None, text: str) -> None:
        """After an answer: counts its tokens, and records the rule that stopped it, if one did."""
        self._limits.spend(principal, usage.prompt_tokens + usage.completion_tokens)
        if stopped is not None:
            self._guardrails.stopped(principal, stopped, text)


def block(tx: Stores, conversation_id: UUID, question: str) -> UUID:
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
    return message_id
