"""The stage that finds the scenario: the person's choice, the conversation, the words, and the model when they fail."""

from __future__ import annotations

from collections.abc import Mapping

import scenarios
from core.entities.answers import Choice
from core.entities.messages import Action
from core.entities.retrieval import Retrieval
from core.i18n import N_, translate
from rag import followups
from scenarios.base import Reply
from scenarios.overview import REGISTER
from scenarios.router import (
    BY_EVIDENCE,
    FLOOR,
    GOES_ON,
    MARGIN,
    QUESTION,
    SCENARIOS,
    TOPICS,
    DecidedBy,
    Decision,
    Route,
    State,
)
from services.answer.job import Job
from services.chat.routing import GUEST, Routing

_NEEDS_ACCOUNT = N_("Documents and figures of business niches are for people with an account. You can register here.")
_FOR_STAFF = (Route.ANALYTICS, Route.DOCUMENTS)
GOING_ON = (Route.FAQ, Route.ANALYTICS, Route.DOCUMENTS)
PERHAPS = 0.1  # of a probability: where a niche is called by its name, more is not needed
NAMED = 0.9  # what it counts as evidence for figures that a niche is called by its name
LIKELY = 0.5  # what evidence counts where the words are of another scenario
CLEARLY = 0.15  # by so much more evidence documents must have than articles about niches
SURE = 0.8  # of a scenario's probability: above it nothing else is looked at


def state_of(job: Job) -> State:
    """What the conversation settles."""
    chosen = Route(job.scenario.name) if job.scenario is not None else None
    return State(
        chosen=chosen,
        registering=bool(job.state.get(Route.REGISTRATION)),
        attached=bool(job.attached),
        last=Route(job.last) if job.last in SCENARIOS else None,
    )


def settle(job: Job, decision: Decision) -> None:
    """Takes the decision on; one that is open becomes a short question with the choices as buttons."""
    job.decision = decision
    if decision.scenario is Route.UNSURE:
        job.reply = _question(job, decision)
        return
    job.scenario = scenarios.get(decision.scenario)
    if decision.reason == GUEST and max(decision.scores[one] for one in _FOR_STAFF) >= SURE:
        register = translate(job.language, REGISTER)
        choices = (Choice(register, register, Route.REGISTRATION),)
        job.reply = Reply(translate(job.language, _NEEDS_ACCOUNT), action=Action.REFUSE, choices=choices)


def by_words(routing: Routing, job: Job) -> Decision:
    """What leans on the question before stays with its scenario, unless the words alone are sure of another; whether
    it is of another subject all the same, `leaning` finds out."""
    state = state_of(job)
    decision = routing.route(job.principal, job.question, state)
    if decision.decided_by not in (DecidedBy.CLASSIFIER, DecidedBy.NOBODY) or state.last not in GOING_ON:
        return decision
    sure = decision.scenario is not Route.UNSURE and _sure(decision)
    apart = decision.scenario in (Route.OFFTOPIC, Route.REGISTRATION)
    part = followups.leans(job.question, job.history)
    stays = part and (not sure or (followups.points_back(job.question) and not apart))
    return Decision(state.last, decision.scores, GOES_ON, DecidedBy.STATE) if stays else decision


def carries(job: Job) -> bool:
    """Whether the question is to be read with those before it: it leans on them, and is of the same subject."""
    if not followups.leans(job.question, job.history):
        return False
    if job.decision is None or job.decision.decided_by in (DecidedBy.USER, DecidedBy.NOBODY):
        return True
    same = job.decision.scenario == job.last
    return same or (followups.points_back(job.question) and job.decision.decided_by is not DecidedBy.EVIDENCE)


def options(decision: Decision) -> tuple[Route, ...]:
    """Scenarios whose collections are asked what they know of a message that its words alone do not settle: those that
    may be meant, and the documents, which can be about anything."""
    open_ = decision.scenario is Route.UNSURE
    by_words = decision.decided_by is DecidedBy.CLASSIFIER
    unsettled = open_ or (by_words and (decision.scenario is Route.FAQ or not _sure(decision)))
    if not unsettled or decision.scenario is Route.REGISTRATION:
        return ()
    meant = decision.question if open_ else (decision.scenario,)
    searched = [route for route in meant if scenarios.get(route).collection]
    return tuple(dict.fromkeys((*searched, Route.DOCUMENTS)))


def may_be_of_documents(decision: Decision) -> bool:
    """Whether the words alone made it a question about figures of niches."""
    return decision.scenario is Route.ANALYTICS and decision.decided_by is DecidedBy.CLASSIFIER


def documents_say_more(found: Mapping[Route, Retrieval | None]) -> bool:
    """Whether the documents answer, and the articles about niches do not, or not nearly so well."""
    documents, articles = found[Route.DOCUMENTS], found[Route.ANALYTICS]
    if documents is None or not documents.answerable:
        return False
    return documents.evidence > (articles.evidence if articles and articles.answerable else 0.0) + CLEARLY


def closed(decision: Decision, found: Mapping[Route, Retrieval | None]) -> bool:
    """Whether nothing else need be looked at: sure words, and an answer where they lead."""
    own = found.get(decision.scenario)
    return own is not None and own.answerable and _sure(decision)


def _sure(decision: Decision) -> bool:
    return decision.scores[decision.scenario] >= SURE


def counts(decision: Decision, scenario: Route, evidence: float) -> float:
    """What `evidence` in [0, 1] that a scenario has an answer counts for it: more where the words are of it too."""
    return evidence * (LIKELY + decision.scores[scenario])


def figures_are_meant(decision: Decision, found: Mapping[Route, Retrieval | None]) -> bool:
    """Whether a message that calls a niche by its name asks for figures: niches have names of common things."""
    others = [
        counts(decision, route, one.evidence)
        for route, one in found.items()
        if one and one.answerable and route is not Route.ANALYTICS
    ]
    return counts(decision, Route.ANALYTICS, NAMED) > max(others, default=0.0)


def preferred(decision: Decision, found: Mapping[Route, Retrieval | None]) -> Route | None:
    """What the evidence says; None leaves the decision as it is. `found` has None for what the person may not read."""
    answering = [route for route, retrieval in found.items() if retrieval is not None and retrieval.answerable]
    if decision.scenario in found:
        own = decision.scenario in answering
        # Where neither answers, it is the company's documents that were looked for, unless the words are sure.
        left = found[decision.scenario] is None or (not own and (Route.DOCUMENTS in answering or not _sure(decision)))
        return Route.DOCUMENTS if left and found.get(Route.DOCUMENTS) is not None else None
    if len(answering) == 1:
        return answering[0]
    # To ask which of two is meant is idle where neither has an answer.
    idle = not answering and set(decision.question) == {Route.FAQ, Route.DOCUMENTS}
    return Route.DOCUMENTS if idle else None


def by_own_words(decision: Decision) -> Route | None:
    """What the classifier says without the conversation; None where it is unsure."""
    best, second = sorted(decision.scores, key=lambda name: -decision.scores[name])[:2]
    clear = decision.scores[best] - decision.scores[second] >= MARGIN and decision.scores[best] >= FLOOR
    return Route(best) if clear else None


def by_evidence(decision: Decision, scenario: Route) -> Decision:
    return Decision(scenario, decision.scores, BY_EVIDENCE, DecidedBy.EVIDENCE)


def _question(job: Job, decision: Decision) -> Reply:
    topics = [translate(job.language, TOPICS[route]) for route in decision.question]
    choices = tuple(
        Choice(topic[:1].upper() + topic[1:], job.question, scenario=route)
        for topic, route in zip(topics, decision.question, strict=True)
    )
    asked = translate(job.language, QUESTION, first=topics[0], second=topics[1])
    return Reply(asked, action=Action.ASK, choices=choices)
