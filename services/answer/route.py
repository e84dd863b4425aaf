"""The stage that finds the scenario: the person's choice, the conversation, the words, and the model when they fail."""

from __future__ import annotations

from collections.abc import Mapping

import scenarios
from core.entities.answers import Choice
from core.entities.messages import Action
from core.entities.retrieval import Retrieval
from core.i18n import translate
from rag import followups
from scenarios.base import Reply
from scenarios.router import BY_EVIDENCE, GOES_ON, QUESTION, SCENARIOS, TOPICS, DecidedBy, Decision, Route, State
from services.answer.job import Job
from services.routing import Routing

GOING_ON = (Route.FAQ, Route.ANALYTICS, Route.DOCUMENTS)
PERHAPS = 0.1  # of a probability: where a niche is called by its name, more is not needed
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
    else:
        job.scenario = scenarios.get(decision.scenario)


def by_words(routing: Routing, job: Job) -> Decision:
    """What leans on the question before stays with its scenario, unless the words are sure of another."""
    state = state_of(job)
    decision = routing.route(job.principal, job.question, state)
    if decision.decided_by not in (DecidedBy.CLASSIFIER, DecidedBy.NOBODY) or state.last not in GOING_ON:
        return decision
    sure = decision.scenario is not Route.UNSURE and decision.scores[decision.scenario] >= SURE
    apart = decision.scenario in (Route.OFFTOPIC, Route.REGISTRATION)
    part = followups.leans(job.question, job.history)
    stays = part and (not sure or (followups.points_back(job.question) and not apart))
    return Decision(state.last, decision.scores, GOES_ON, DecidedBy.STATE) if stays else decision


def options(decision: Decision) -> tuple[Route, ...]:
    """Scenarios whose collections are asked what they know of a message that its words alone do not settle: those that
    may be meant, and the documents, which can be about anything."""
    open_ = decision.scenario is Route.UNSURE
    unsettled = open_ or (decision.decided_by is DecidedBy.CLASSIFIER and decision.scores[decision.scenario] < SURE)
    if not unsettled or decision.scenario is Route.REGISTRATION:
        return ()
    meant = decision.question if open_ else (decision.scenario,)
    searched = [route for route in meant if scenarios.get(route).collection]
    return tuple(dict.fromkeys((*searched, Route.DOCUMENTS)))


def preferred(decision: Decision, found: Mapping[Route, Retrieval | None]) -> Route | None:
    """What the evidence says; None leaves the decision as it is. `found` has None for what the person may not read."""
    answering = [route for route, retrieval in found.items() if retrieval is not None and retrieval.answerable]
    if decision.scenario in found:
        left = found[decision.scenario] is None or (decision.scenario not in answering and Route.DOCUMENTS in answering)
        return Route.DOCUMENTS if left and found.get(Route.DOCUMENTS) is not None else None
    if len(answering) == 1:
        return answering[0]
    # To ask which of two is meant is idle where neither has an answer.
    idle = not answering and set(decision.question) == {Route.FAQ, Route.DOCUMENTS}
    return Route.DOCUMENTS if idle else None


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
