"""ANALYTICS: figures of business niches: a shortlist where the niche is open, a query where it is clear."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.entities.answers import Choice
from core.entities.corpora import CollectionKind
from core.entities.messages import Action
from core.i18n import N_, translate
from niches.rewording import with_choice
from rag.contract import Contract
from rag.followups import alone
from rag.lexical.analysis import content_terms
from scenarios.base import Reply, Scenario, Turn, Writing
from scenarios.tools import Figures, Found, Tools, for_analytics

_WHICH = N_("Which niche do you mean?")
_CLOSEST = N_("%(problem)s Closest choices:")
_NOTHING = N_("I found no niche like this. These are some of those that have figures:")
_BEYOND = N_("There is no figure for exactly that. What is known of the niche:")
_OFFERED = 6
_SURE = 0.9  # of 1: from here on a wording is taken for a niche without asking
_ALIKE = 0.72  # from here on it is worth asking whether it is meant
_NUMBER = re.compile(r"(?:the )?(?:№|#)?\s*(\d{1,2})|(?:the )?(first|second|third)(?: one)?|(перв|втор|трет)\w+", re.I)
_PLACES = {"first": 1, "second": 2, "third": 3, "перв": 1, "втор": 2, "трет": 3}
_YES = re.compile(r"(?:yes|yeah|yep|sure|ok(?:ay)?|да|ага|конечно)", re.IGNORECASE)


class Analytics(Scenario):
    def open(self, turn: Turn, tools: Tools) -> Reply | Writing | None:
        """Figures where the question or the choice names what is wanted, the closest choices where it nearly does. A
        model has the articles searched first, so that it has something to say beside the figures."""
        planned = self._planned(turn, tools)
        if not isinstance(planned, Figures):
            return planned
        return None if turn.model else Reply(planned.text, dashboard=planned.dashboard, state=_kept(planned))

    def answer(self, turn: Turn, tools: Tools) -> Reply | Writing:
        """Figures with what the articles say about them; the articles alone; or some niches to choose from."""
        planned = self._planned(turn, tools)
        contract = Contract(self.name, for_analytics(tools))
        if isinstance(planned, Figures):
            brief = self.plan(turn, contract=contract, lead=f"{planned.text}\n\n")
            return Writing(brief, dashboard=planned.dashboard, state=_kept(planned))
        if turn.retrieval is not None and not turn.retrieval.answerable:
            some = tools.analytics_titles_search(turn.question, _OFFERED) or tools.analytics_titles_random()
            if some:
                return self._offer(turn, translate(turn.language, _NOTHING), some)
        return Writing(self.plan(turn, contract=contract), state={})

    # --- what is wanted ---------------------------------------------------------------------------------------------

    def _planned(self, turn: Turn, tools: Tools) -> Figures | Reply | None:
        chosen = turn.picked or _meant(turn.question, list(turn.state.get("offered", ())))
        if chosen:
            return _confirmed(tools, chosen)
        found = self._searched(turn, tools)
        return found if found.dashboard is not None else self._unclear(turn, tools, found)

    def _searched(self, turn: Turn, tools: Tools) -> Figures:
        """The figures of the question, else of what it asks if it goes on with the one before."""
        first = tools.analytics_search(turn.question)
        if first.dashboard is not None or turn.query in ("", turn.question):
            return replace(first, asked=turn.question)
        before = str(turn.state.get("asked", ""))
        followed = tools.analytics_followed(alone(turn.question), before) if before else ""
        for asked in filter(None, (followed, turn.query)):
            found = tools.analytics_search(asked)
            if found.dashboard is not None:
                return replace(found, asked=asked)
            if first.about == "question" != found.about:  # set right, or with what was spoken of, it says more
                first = found
        return first

    def _unclear(self, turn: Turn, tools: Tools, found: Figures) -> Figures | Reply | None:
        """A question that names a niche and no figure gets its key figures; one that names neither is searched."""
        if found.about in ("metric", "question") and len(found.named) == 1:
            return _known_of(turn, tools, found)
        near = tools.analytics_titles_search(turn.query or turn.question, _OFFERED)
        if found.about == "niche":
            offered = [one for one in found.choices if one.id] or list(near)
            return self._offer(turn, translate(turn.language, _WHICH), offered, found.unknown) if offered else None
        if near and near[0].score >= _SURE:
            return _figures_of(tools, near[0].id, near[0].title)
        if alike := [one for one in near if one.score >= _ALIKE]:
            return self._offer(turn, translate(turn.language, _WHICH), alike)
        return None if found.about == "question" else self._closest(turn, found)

    # --- what is shown ----------------------------------------------------------------------------------------------

    def _offer(self, turn: Turn, sentence: str, niches: Sequence[Found], unknown: str = "") -> Reply:
        """With `unknown`, the question is asked again with the chosen niche in the place of that wording."""
        values = [_mended(turn.question, unknown, one) for one in niches[:_OFFERED]]
        choices = tuple(
            Choice(one.title, one.title, self.name, value) for one, value in zip(niches, values, strict=False)
        )
        return Reply(
            sentence,
            action=Action.ASK,
            fields={"niches": [{"id": one.id, "title": one.title} for one in niches[:_OFFERED]]},
            choices=choices,
            state={"offered": values},
        )

    def _closest(self, turn: Turn, found: Figures) -> Reply:
        """Another metric, region or period: the question with it at its end is asked by a press."""
        offered = found.choices[:_OFFERED]
        choices = tuple(
            Choice(one.title, with_choice(turn.question, found.unknown, one.title), self.name) for one in offered
        )
        text = translate(turn.language, _CLOSEST, problem=found.text) if choices else found.text
        return Reply(text, action=Action.ASK if choices else Action.REFUSE, choices=choices)


def _mended(question: str, unknown: str, niche: Found) -> str:
    """What is kept of an offered niche: its title, and the question about it where there was one."""
    at = question.casefold().find(unknown.casefold()) if unknown else -1
    return f"{niche.title}\n{question[:at]}{niche.title}{question[at + len(unknown) :]}" if at >= 0 else niche.title


def _confirmed(tools: Tools, chosen: str) -> Figures | None:
    """The niche that was asked back for, with what had been asked of it."""
    title, _, asked = chosen.partition("\n")
    if asked:
        found = tools.analytics_search(asked)
        if found.dashboard is not None:
            return replace(found, asked=asked)
    return _figures_of(tools, title)


def _figures_of(tools: Tools, niche: str, title: str = "") -> Figures | None:
    found = tools.analytics_get_by_niche(niche)
    return replace(found, asked=title or niche) if found else None


def _known_of(turn: Turn, tools: Tools, found: Figures) -> Figures | None:
    """The key figures of the one niche that is named; what else was asked for is said not to be there."""
    niche = found.named[0]
    known = tools.analytics_get_by_niche(niche.id, found.region)
    if known is None:
        return None
    more = set(content_terms(found.beyond, turn.language)) - set(content_terms(niche.title, turn.language))
    lead = translate(turn.language, _BEYOND) if more else ""
    return replace(known, text=f"{lead} {known.text}".strip(), asked=niche.title)


def _kept(found: Figures) -> dict[str, str]:
    """What the next message may go on with."""
    return {"asked": found.asked} if found.asked else {}


def _meant(message: str, offered: list[str]) -> str:
    """The offered choice that a number, an ordinal, a yes to the only one, or a title means."""
    said = message.strip(" \t\n.!?,…«»\"'")
    if len(offered) == 1 and _YES.fullmatch(said):
        return offered[0]
    for value in offered:
        if said.casefold() == value.partition("\n")[0].casefold():
            return value
    found = _NUMBER.fullmatch(said)
    if found is None:
        return ""
    place = int(found[1]) if found[1] else _PLACES[(found[2] or found[3]).casefold()]
    return offered[place - 1] if 1 <= place <= len(offered) else ""


SCENARIO = Analytics(
    name="ANALYTICS",
    collection="analytics",
    kinds=(CollectionKind.ANALYTICS,),
    prompt=Path(__file__).with_name("analytics.md"),
)
