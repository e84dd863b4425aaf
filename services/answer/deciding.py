"""The stages that settle where a message goes: its words, the conversation, and what there is to answer from."""

from __future__ import annotations

from typing import Any

import scenarios
from core.i18n import N_, translate
from core.roles import Permission
from rag import followups
from rag.citations import neutral
from rag.language import detect
from rag.layout import retyped
from scenarios.router import Decision, Route
from services.answer import findings, leaning, route
from services.answer.job import Job
from services.answer.retrieve import Search
from services.answer.tools import Workbench
from services.chat.routing import Routing

_READ_AS = N_("Read as: “%(question)s”")


class Deciding:
    """Asks no language model. Every stage notes in the trace of the job what it found."""

    def __init__(self, routing: Routing | None, search: Search, bench: Workbench) -> None:
        self._routing, self._search, self._bench = routing, search, bench

    def decide(self, job: Job) -> Decision:
        """All stages, for a message that is not answered."""
        self.read(job)
        self.begin(job)
        if leaning.leaning(job):
            self.lean(job)
        job.query = followups.carried(job.question, job.language, job.history) if rewrites(job) else job.question
        self.by_evidence(job)
        assert job.decision is not None  # noqa: S101 - nothing was named that could stand for it
        return job.decision

    def read(self, job: Job) -> None:
        """A message that was typed on the wrong keyboard layout is read as it was meant: not a pressed choice, and
        nothing of a registration, where it may be a name or a password."""
        if job.ask.picked or job.ask.form or job.state.get(Route.REGISTRATION):
            return
        if meant := retyped(job.question):
            job.recorder.add("layout", 0.0, {"query": meant, "by": "rule"})
            job.question, job.language = meant, detect(meant, job.language)
            job.note = translate(job.language, _READ_AS, question=neutral(meant))

    def begin(self, job: Job) -> None:
        """By what was named, by the conversation, by the words."""
        if job.scenario is None and job.collection is not None:
            job.scenario = scenarios.of_kind(job.collection.kind)
        if job.decision is not None:
            job.recorder.add("route", 0.0, findings.decided(job.decision))
        if job.decision is not None or self._routing is None or _named(job):
            alone = "DOCUMENTS" if job.principal.may(Permission.CHAT_DOCUMENTS) else "FAQ"
            job.scenario = job.scenario or scenarios.get(alone)
            return
        with job.recorder.step("route") as step:
            decision = route.by_words(self._routing, job)
            route.settle(job, decision)
            step |= findings.decided(decision)

    def lean(self, job: Job) -> None:
        """A short message may go on with the one before it, or begin another subject."""
        assert job.decision is not None  # noqa: S101 - `leaning` has looked
        with job.recorder.step("route_evidence") as step:
            decision, found = leaning.settled(job, job.decision, self._search, self._bench)
            step |= {"evidence": {name: round(share, 3) for name, share in found.items()}}
            if decision.scenario != job.decision.scenario:
                route.settle(job, decision)
                step |= findings.decided(decision)

    def by_evidence(self, job: Job) -> None:
        """Where the words leave it open, or nearly so, what there is to answer from decides."""
        decision = job.decision
        if decision is None or not job.principal.may(Permission.CHAT_DOCUMENTS):
            return
        options = route.options(decision)
        if not options:
            if route.may_be_of_documents(decision):
                self._by_documents(job, decision)
            return
        with job.recorder.step("route_evidence") as step:
            if decision.scores[Route.ANALYTICS] >= route.PERHAPS and self._is_of_a_table(job):
                step |= {"table": True} | _moved(job, decision, Route.DOCUMENTS)
                return
            perhaps = decision.scores[Route.ANALYTICS] >= route.PERHAPS
            named = perhaps and self._bench.names_a_niche(job.principal, job.query)
            found = {}
            for option in options:
                found[option] = self._search.evidence(job, option)
                if route.closed(decision, found):
                    break
            step["evidence"] = {option: round(one.evidence, 3) for option, one in found.items() if one}
            figures = named and route.figures_are_meant(decision, found)
            step |= {"named": True} if figures else {}
            preferred = Route.ANALYTICS if figures else route.preferred(decision, found)
            if preferred and preferred != decision.scenario:
                step |= _moved(job, decision, preferred)

    def _by_documents(self, job: Job, decision: Decision) -> None:
        """What sounds of figures, and is of none that niches have, may be in a table or in the text of a document."""
        if self._bench.knows_figures(job.principal, job.query):
            return
        with job.recorder.step("route_evidence") as step:
            if moved := self._has_table(job):
                step["table"] = True
            else:
                found = {one: self._search.evidence(job, one) for one in (Route.ANALYTICS, Route.DOCUMENTS)}
                step["evidence"] = {one: round(share.evidence, 3) for one, share in found.items() if share}
                moved = route.documents_say_more(found)
            if moved:
                step |= _moved(job, decision, Route.DOCUMENTS)

    def _is_of_a_table(self, job: Job) -> bool:
        """Whether a table of a document answers what sounds of figures, and of none that niches have."""
        return not self._bench.knows_figures(job.principal, job.query) and self._has_table(job)

    def _has_table(self, job: Job) -> bool:
        documents = scenarios.get(Route.DOCUMENTS).collection
        return self._bench.has_table_for(job.principal, job.query, job.language, documents)


def _moved(job: Job, decision: Decision, to: Route) -> dict[str, Any]:
    """The answer comes from where the evidence says, whatever was going to be asked back; the findings of the step."""
    job.reply = None
    settled = route.by_evidence(decision, to)
    route.settle(job, settled)
    return findings.decided(settled)


def rewrites(job: Job) -> bool:
    """Whether the question is searched together with those before it."""
    searched = job.scenario is None or job.scenario.collection
    return bool(searched) and not job.ask.picked and route.carries(job)


def _named(job: Job) -> bool:
    """Whether the person named the collection, or asked for no documents: then there is nothing to decide."""
    return job.ask.collection is not None or not job.ask.retrieval
