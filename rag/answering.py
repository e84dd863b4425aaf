"""Writes one answer: asks the model, shows what passes, and refuses or quotes where evidence is missing."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from core.entities.messages import Action, Usage
from core.entities.retrieval import Citation
from core.errors import ProviderFailed
from core.i18n import translate
from core.settings import Settings
from rag.citations import snapshots
from rag.contract import Broken, Said, ToolCall
from rag.dialogue import Dialogue, ToolUse
from rag.guardrails import OutputFilter, Verdict
from rag.prompting import NO_ANSWER, Brief, Prompt
from rag.providers import Params, get, ignored
from rag.providers.choice import Choice
from rag.providers.servers import Servers
from rag.quotes import quote
from rag.shown import Delta, Shown

_NOTHING_THERE = (
    "I found nothing about this in “%(collection)s”. Ask in other words, choose another collection, "
    "or add a document that answers it."
)
_NOT_ENOUGH = (
    "I cannot answer this from “%(collection)s”: of the passages I looked at (%(count)s), none covers the question "
    "well enough. Ask in other words, choose another collection, or add a document that answers it."
)
_NO_MODEL = (
    "No language model is connected, and the built-in answerer only quotes documents. "
    "Turn the search in documents on, or choose another provider."
)
_BLOCKED = "The answer was stopped: it was about to show what no answer may show. Ask in other words."


class Draft:
    """One answer being written. Its attributes say at any moment what a reader has been shown, so that an answer that
    is stopped or fails keeps its text, its citations and its usage. `output` makes a filter for what is shown; `later`
    is given what is shown while the model pauses, which `write` does not return."""

    def __init__(
        self,
        brief: Brief,
        choice: Choice,
        params: Params,
        settings: Settings,
        servers: Servers | None = None,
        output: Callable[[], OutputFilter] | None = None,
        later: Callable[[Delta], None] | None = None,
    ) -> None:
        self.action = Action.ANSWER
        self.fields: Mapping[str, Any] = {}
        self.provider = choice.provider.name
        self.model = choice.model
        self.asked = self.provider, self.model  # whose tokens they are, also where quotes take the answer's place
        self.ignored = ignored(choice.provider, params, choice.model)
        self.choice = choice  # who was asked, and is paid: the answer may be another's in the end (`provider`, `model`)
        self.cut = ""  # what had been shown of an answer that a rule stopped
        self.replaced = False  # what the model wrote did not stand
        self.broken = ""  # why what the model wrote last was not what it was asked for
        # The built-in answerer writes no JSON: it quotes.
        self._brief = brief if choice.provider.name != "extractive" else replace(brief, contract=None)
        self._settings = settings
        self._dialogue = Dialogue(self._brief, choice, params, settings, servers or Servers())
        self._note = f"{brief.note}\n\n" if brief.note else ""
        self._shown = Shown(self._note + brief.lead, output, later)
        self._said: Said | ToolCall | Broken | None = None

    @property
    def text(self) -> str:
        return self._shown.text

    @property
    def citations(self) -> tuple[Citation, ...]:
        return snapshots(self._dialogue.passages, self.cited)

    @property
    def cited(self) -> list[int]:
        """The places, from 1, of the passages that are cited, in the order of the citations."""
        return self._shown.cited if self.action is Action.ANSWER else []

    @property
    def stopped_by(self) -> Verdict | None:
        """The rule about answers that this one met, if it met one."""
        return self._shown.verdict

    @property
    def gate_ms(self) -> float:
        return self._shown.gate_ms

    @property
    def usage(self) -> Usage:
        return self._dialogue.usage

    @property
    def prompt(self) -> Prompt | None:
        return self._dialogue.prompt

    @property
    def window(self) -> int | None:
        """Tokens that the model was given."""
        return self._dialogue.window

    @property
    def place(self) -> int:
        """In the queue before the model's server."""
        return self._dialogue.place

    @property
    def first_token_at(self) -> float | None:
        """On the monotonic clock."""
        return self._dialogue.first_token_at

    @property
    def called(self) -> Sequence[ToolUse]:
        return self._dialogue.called

    @property
    def dashboard(self) -> Mapping[str, Any] | None:
        """Of the last tool that found figures."""
        return self._dialogue.dashboard

    async def write(self) -> AsyncGenerator[Delta, None]:
        """The pieces as they may be shown. Raises the provider's error; what came before it stays in `text`."""
        retrieval = self._brief.retrieval
        for delta in self._shown.lead():
            yield delta
        if retrieval is not None and not retrieval.answerable:
            if not self._brief.lead:
                yield self._refuse()
            return
        try:
            async with aclosing(self._rounds()) as pieces:
                async for delta in pieces:
                    yield delta
        finally:
            self._shown.wait_no_more()
        if last := self._last_word():
            self.replaced = True
            yield last

    async def _rounds(self) -> AsyncGenerator[Delta, None]:
        """One round where the model answers at once; more for its tools, and one more for an answer that was broken."""
        retried = False
        while True:
            async with aclosing(self._dialogue.round()) as replies, aclosing(self._read(replies)) as pieces:
                async for delta in pieces:
                    yield delta
            if self.stopped_by is not None:
                return
            for delta in self._close():
                yield delta
            said = self._said
            self.broken = said.why if isinstance(said, Broken) else ""
            if isinstance(said, ToolCall):
                await self._dialogue.use(said)
            elif self.broken and not retried:
                retried = True
                self._dialogue.correct(self.broken)
            else:
                return
            shown = self.text
            if (anew := self._shown.start_over()).text != shown:
                yield anew

    async def _read(self, replies: AsyncGenerator[str, None]) -> AsyncGenerator[Delta, None]:
        begun = False
        async for reply in replies:
            if not begun:  # now it is known which passages the model was given
                begun = True
                self._offer()
            if self._brief.retrieval is not None and NO_ANSWER.startswith(reply.strip()):
                continue  # it may become the model's word for "not in the passages", which is not for readers
            for delta in self._shown.follow(reply):
                yield delta
            if self.stopped_by is not None:
                return
        if not begun:
            self._offer()

    def _offer(self) -> None:
        self._shown.offer(len(self._dialogue.passages))

    def _close(self) -> list[Delta]:
        """The end of a round: what it was, and what is still to be shown of it."""
        self._said = self._dialogue.close()
        if isinstance(self._said, ToolCall | Broken) or self._refuses or self._no_answer:
            return []
        if isinstance(self._said, Said):
            self.fields = self._said.fields
            self.action = Action.ASK if self._said.action == "ask" and not self._brief.retrieval else self.action
        return self._shown.close(self._dialogue.reply)

    @property
    def _no_answer(self) -> bool:
        """Whether the model says that the passages do not answer."""
        return self._brief.retrieval is not None and self._dialogue.reply.strip().rstrip(".!") == NO_ANSWER

    @property
    def _refuses(self) -> bool:
        return isinstance(self._said, Said) and self._said.action == "refuse" and self._brief.retrieval is not None

    # --- what takes the place of an answer --------------------------------------------------------------------------

    def add(self, sentence: str) -> Delta:
        """Puts a sentence of ours under the answer."""
        return self._shown.replaced(f"{self.text}\n\n{sentence}")

    def _last_word(self) -> Delta | None:
        if self.stopped_by is not None:
            return self._block()
        if self._brief.retrieval is not None and (self.broken or not self._shown.cited):
            return self._shown.start_over() if self._brief.lead else self._quote_or_refuse()
        if self._brief.retrieval is None and (self.broken or not self.text.removeprefix(self._note).strip()):
            return self._without_text()
        return None

    def _quote_or_refuse(self) -> Delta:
        """No answer from documents goes without a citation; what is quoted instead is labelled as quoted."""
        said_no = self._refuses or self._no_answer
        quoted = "" if said_no else quote(self._brief.spelt or self._brief.question, self._dialogue.passages)
        if not quoted:
            return self._refuse()
        extractive = get("extractive")
        self.provider, self.model = extractive.name, extractive.default_model(self._settings)
        return self._shown.quoted(quoted)

    def _block(self) -> Delta:
        self.action, self.cut = Action.BLOCKED, self.text
        return self._shown.replaced(translate(self._brief.language, _BLOCKED))

    def _refuse(self) -> Delta:
        looked_at = len(self._brief.retrieval.passages) if self._brief.retrieval else 0
        sentence = _NOT_ENOUGH if looked_at else _NOTHING_THERE
        values = {"collection": self._brief.searched, "count": looked_at}
        self.action = Action.REFUSE
        return self._shown.replaced(translate(self._brief.language, sentence, **values))

    def _without_text(self) -> Delta:
        if self._brief.fallback:
            return self._shown.replaced(self._note + self._brief.fallback)
        if self.provider != "extractive":
            raise ProviderFailed(provider=self.choice.provider.label)
        self.action = Action.REFUSE
        return self._shown.replaced(translate(self._brief.language, _NO_MODEL))
