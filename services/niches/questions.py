"""Questions to the figures of niches: in words, as a plan, ranked or grouped; every answer is a query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Literal

from core.entities.niches import Catalogue, Niche
from core.entities.people import Principal
from core.errors import BadInput, Forbidden, NotFound
from core.roles import Permission
from data.database import Database
from niches import asking, following, grammar, sentences
from niches import question as reading
from niches.plan import Plan, Refusal
from niches.results import Answer, Proposal
from niches.wording import language as language_of
from rag.providers.choice import Choice
from services.niches.catalogue import Known, NicheCatalogue
from services.niches.plans import NichePlans, Suggestion, Unread

LONGEST = 1_000  # characters of a question
_MEANT = 5  # niches that a wording may mean


class NicheQuestions:
    """Every method raises Forbidden for those who may not see niches. `language` is "en" or "ru"."""

    def __init__(self, db: Database, catalogue: NicheCatalogue, plans: NichePlans) -> None:
        self._db = db
        self._catalogue = catalogue
        self._plans = plans

    def plan(self, principal: Principal, question: str) -> Plan | Refusal:
        """What the grammar understands of a question in English or Russian, without answering it."""
        known = self._known(principal)
        text = question.strip()[:LONGEST]
        if not text:
            raise BadInput("Write a question first.")
        if not known.catalogue.metrics:
            raise NotFound("There are no figures of niches yet. Ask an administrator to import some.")
        return grammar.parse(text, known.catalogue, known.gazetteer, self._shortlist(known))

    def named(self, principal: Principal, question: str) -> list[Niche]:
        """The niches that a question calls by their names, whatever it asks of them."""
        known = self._known(principal)
        mentions = reading.read(question[:LONGEST], known.gazetteer).of("niche")
        return [known.catalogue.niches[key] for key in dict.fromkeys(one.ids[0] for one in mentions)]

    def beyond(self, principal: Principal, question: str) -> tuple[str, str]:
        """(the words of a question that name nothing of the catalogue and ask for something, the English title of the
        region that it names): each "" where there is none."""
        known = self._known(principal)
        found = reading.read(question[:LONGEST], known.gazetteer)
        regions = [known.catalogue.regions[int(one.ids[0])].title for one in found.of("region")]
        return " ".join(word for word in found.left if not reading.PLAIN.match(word)), next(iter(regions), "")

    def followed(self, principal: Principal, question: str, before: str) -> str:
        """The question that a message asks which goes on with `before`: what both name, the message says."""
        return following.followed(question, before, self._known(principal).gazetteer)

    def ask(
        self,
        principal: Principal,
        question: str,
        language: str = "",
        *,
        choice: Choice | None = None,
        grammar_only: bool = False,
    ) -> Answer:
        """The answer to a question, with the query that found it; in the question's language unless told otherwise.

        What the grammar cannot read a language model is asked for, `choice` or else the person's, where there is one.
        """
        plan = self.plan(principal, question)
        language = language or language_of(question)
        if not isinstance(plan, Refusal) or plan.settled or grammar_only:
            return self._answer(question, plan, language)
        found = self._suggested(principal, question, choice)
        if found is None or (isinstance(found.plan, Refusal) and not found.plan.choices):
            return self._answer(question, plan, language)
        answer = self._answer(question, found.plan, language)
        taken = _taken(found, self._known(principal).catalogue, language)
        return replace(answer, proposal=Proposal(found.model, taken))

    def run(self, principal: Principal, plan: Plan, language: str = "en") -> Answer:
        """The answer to a plan that a person made or corrected."""
        _may_look(principal)
        return self._answer("", plan, language)

    def leaderboard(
        self,
        principal: Principal,
        dataset: str,
        metric: str,
        *,
        region: str = "",
        sector: str = "",
        period: date | None = None,
        n: int = 25,
        descending: bool = True,
        language: str = "en",
    ) -> Answer:
        """The `n` (to 100) niches with the largest or smallest values."""
        plan = Plan(
            kind="top", dataset=dataset, metric=metric, region=region, sector=sector, period=period,
            n=min(max(n, 1), 100), descending=descending,
        )  # fmt: skip
        return self.run(principal, plan, language)

    def grouped(
        self,
        principal: Principal,
        dataset: str,
        metric: str,
        by: Literal["sector", "region"],
        function: Literal["sum", "mean", "median", "share"] = "sum",
        *,
        language: str = "en",
    ) -> Answer:
        """A metric by sector or by region."""
        plan = Plan(kind="group", dataset=dataset, metric=metric, by=by, function=function)
        return self.run(principal, plan, language)

    # --- parts ------------------------------------------------------------------------------------------------------

    def _known(self, principal: Principal) -> Known:
        _may_look(principal)
        with self._db.read() as tx:
            return self._catalogue.current(tx)

    def _answer(self, question: str, plan: Plan | Refusal, language: str) -> Answer:
        with self._db.begin() as tx:
            catalogue = self._catalogue.current(tx).catalogue
            return asking.answer(tx, catalogue, question, plan, language)

    def _shortlist(self, known: Known) -> Callable[[str], list[Niche]]:
        def niches(words: str) -> list[Niche]:
            return [known.catalogue.niches[one.id] for one in self._catalogue.find(known, words, _MEANT)]

        return niches

    def _suggested(self, principal: Principal, question: str, choice: Choice | None) -> Suggestion | None:
        choice = choice or self._plans.choice(principal)
        if choice is None:
            return None
        known = self._known(principal)
        text, named = question.strip()[:LONGEST], self.named(principal, question)
        return self._plans.suggest(principal, choice, Unread(text, known.catalogue, self._shortlist(known), named))


def _taken(found: Suggestion, catalogue: Catalogue, language: str) -> tuple[tuple[str, str], ...]:
    """What the model took the question's words for, by its title."""
    names: dict[str, object] = dict(catalogue.niches)
    if isinstance(found.plan, Plan):
        dataset = next(one.id for one in catalogue.datasets.values() if one.name == found.plan.dataset)
        names |= {one.name: one for one in catalogue.metrics.values() if one.dataset_id == dataset}
    return tuple((words, sentences.title(names[name], language)) for words, name in found.taken)


def _may_look(principal: Principal) -> None:
    if not principal.may(Permission.NICHES):
        raise Forbidden
