"""Whether a message that seems to go on with the one before it does so, or is of another subject: evidence decides."""

from __future__ import annotations

from collections.abc import Mapping

from core.roles import Permission
from rag import followups
from scenarios.router import BY_WORDS, GOES_ON, DecidedBy, Decision, Route, only_goes_on
from services.answer import route
from services.answer.job import Job
from services.answer.retrieve import Search
from services.answer.tools import Workbench

BETTER, MUCH_BETTER = 0.15, 0.5  # by so much more must count for another scenario; for "and managers?" much
_SEARCHED = (Route.DOCUMENTS, Route.FAQ)


def leaning(job: Job) -> bool:
    """Whether `job` stays with what was spoken of only because its words lean on it."""
    made = job.decision
    stays = made is not None and made.decided_by is DecidedBy.STATE and made.reason == GOES_ON
    return stays and job.principal.may(Permission.CHAT_DOCUMENTS) and not only_goes_on(job.question)


def settled(job: Job, stays: Decision, search: Search, bench: Workbench) -> tuple[Decision, Mapping[Route, float]]:
    """The decision, and the evidence by scenario that it was made with: none where the message has no subject of its
    own, as in "why?" or "who can see it?"."""
    alone = followups.alone(job.question)
    if followups.refers(job.question, job.language):
        return stays, {}
    others = [one for one in (*_SEARCHED, Route.ANALYTICS) if one is not stays.scenario]
    found = {one: _evidence(job, stays, one, alone, search, bench) for one in (stays.scenario, *others)}
    counted = {one: route.counts(stays, one, share) for one, share in found.items()}
    best = max(others, key=lambda one: counted[one])
    leads_over = followups.points_back(job.question)
    if counted[best] > counted[stays.scenario] + (MUCH_BETTER if leads_over else BETTER):
        return route.by_evidence(stays, best), found
    own = route.by_own_words(stays)
    if own is not None and not any(found.values()) and not leads_over:
        carried = followups.carried(job.question, job.language, job.history)
        if not _evidence(job, stays, stays.scenario, carried, search, bench):
            return Decision(own, stays.scores, BY_WORDS, DecidedBy.CLASSIFIER), found
    return stays, found


def _evidence(job: Job, stays: Decision, scenario: Route, question: str, search: Search, bench: Workbench) -> float:
    """In [0, 1]: 0 where there is no answer, or nothing that the person may read."""
    if scenario is Route.ANALYTICS is not stays.scenario:
        perhaps = stays.scores[scenario] >= route.PERHAPS
        return route.NAMED if perhaps and bench.names_a_niche(job.principal, question) else 0.0
    if scenario is Route.ANALYTICS and bench.speaks_of_figures(job.principal, question):
        return 1.0
    found = search.evidence(job, scenario, question)
    return found.evidence if found is not None and found.answerable else 0.0
