"""FAQ: how the service works, answered from the articles about it; close ones are offered, an opened one is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.entities.answers import Choice
from core.entities.corpora import CollectionKind
from core.entities.messages import Action
from core.entities.retrieval import Passage, Retrieval
from core.i18n import N_, translate
from rag.contract import Contract
from rag.evidence import spoken_of
from rag.lexical.analysis import content_terms
from scenarios import overview
from scenarios.base import Reply, Scenario, Turn, Writing
from scenarios.tools import Tools, for_faq

_WHICH = N_("I found more than one article about this. Which one do you mean?")
_OPEN = N_("Open the full article")
_GONE = N_("This article is not there any more. Ask your question again.")
_OFFERED = 3  # articles of a shortlist
_CLOSE = 0.12  # share of the question by which a second article may say less than the first and still be meant
_ENOUGH = 0.34  # share of the question that an article must speak of to be offered beside another
_ORDINALS = (
    r"(?:the )?(?:first|1st)(?: one)?|перв\w+|1",
    r"(?:the )?(?:second|2nd)(?: one)?|втор\w+|2",
    r"(?:the )?(?:third|3rd)(?: one)?|трет\w+|3",
)
_YES = re.compile(r"(?:yes|yeah|yep|sure|ok(?:ay)?|open it|да|ага|конечно|открой\w*)", re.IGNORECASE)
_ANOTHER = re.compile(
    r"\b(?:another|other|different|not (?:that|this|it))\b|\b(?:друг\w+|ещё|еще|не (?:то|та|это|эта))\b", re.IGNORECASE
)


class Faq(Scenario):
    def open(self, turn: Turn, tools: Tools) -> Reply | Writing | None:
        """An article that the person chose is shown whole; it is not searched again."""
        if not turn.picked and overview.asked(turn.question):
            return overview.reply(turn)
        chosen = turn.picked or _meant(turn.question, list(turn.state.get("offered", ())))
        return self._article(turn, tools, chosen) if chosen else None

    def answer(self, turn: Turn, tools: Tools) -> Reply | Writing:
        turn = _without_last(turn)
        articles = _articles(turn.retrieval)
        found = turn.retrieval is not None and turn.retrieval.answerable and not turn.several
        if found and len(close := _close(turn, articles)) > 1:
            return self._shortlist(turn, close)
        first = articles[0] if articles else None
        shown = str(first.document_id) if first else ""
        contract = Contract(self.name, for_faq(tools, str(turn.state.get("last", ""))))
        return Writing(
            self.plan(turn, contract=contract),
            fields={"article_id": shown} if shown else {},
            choices=(_opening(turn, first),) if first else (),
            state={"last": shown, "offered": [shown]} if shown else None,
        )

    def _article(self, turn: Turn, tools: Tools, chosen: str) -> Reply:
        found = tools.faq_get_by_id(chosen)
        if found is None:
            return Reply(translate(turn.language, _GONE), action=Action.REFUSE, state={})
        article, whole = found
        return Reply(
            f"**{article.title}**\n\n{article.text} [1]",
            fields={"article_id": chosen, "full": True},
            state={"last": chosen},
            retrieval=replace(whole, passages=whole.passages[:1]),
        )

    def _shortlist(self, turn: Turn, close: Sequence[Passage]) -> Reply:
        ids = [str(one.document_id) for one in close]
        choices = tuple(Choice(one.title, one.title, self.name, str(one.document_id)) for one in close)
        return Reply(
            translate(turn.language, _WHICH),
            action=Action.ASK,
            fields={"articles": [{"id": id_, "title": one.title} for id_, one in zip(ids, close, strict=True)]},
            choices=choices,
            state={**turn.state, "offered": ids},
        )


def _opening(turn: Turn, article: Passage) -> Choice:
    label = translate(turn.language, _OPEN)
    return Choice(label, f"{label}: {article.title}", "FAQ", str(article.document_id))


def _articles(retrieval: Retrieval | None) -> list[Passage]:
    """The best passage of each article, best first."""
    best: dict[object, Passage] = {}
    for passage in retrieval.passages if retrieval else ():
        best.setdefault(passage.document_id, passage)
    return list(best.values())


def _close(turn: Turn, articles: Sequence[Passage]) -> list[Passage]:
    """The articles that speak of as much of the question as the best one, or nearly; the best one alone where its title
    is what was asked, or where no other comes near."""
    if not articles or _says(turn.query or turn.question, articles[0].title):
        return list(articles[:1])
    spoken = [_spoken(turn.query or turn.question, one) for one in articles]
    return [
        one
        for one, share in zip(articles, spoken, strict=True)
        if share >= max(_ENOUGH, max(spoken) - _CLOSE) and one.score >= articles[0].score * (1 - 2 * _CLOSE)
    ][:_OFFERED]


def _spoken(question: str, article: Passage) -> float:
    """Share of the question's words in the title of the article, the passage counting half."""
    asked = set(content_terms(question, article.language))
    title = spoken_of(asked, content_terms(article.title, article.language))
    text = spoken_of(asked, content_terms(article.text, article.language)) - title
    return (len(title) + len(text) / 2) / len(asked) if asked else 0.0


def _says(question: str, title: str) -> bool:
    return " ".join(re.findall(r"\w+", question.casefold())) == " ".join(re.findall(r"\w+", title.casefold()))


def _meant(message: str, offered: list[str]) -> str:
    """Which of the offered articles a short answer such as "the second one" or "yes" means; "" if it is none."""
    said = message.strip(" \t\n.!?,…«»\"'")
    for number, pattern in enumerate(_ORDINALS[: len(offered)]):
        if re.fullmatch(pattern, said, re.IGNORECASE):
            return offered[number]
    return offered[0] if len(offered) == 1 and _YES.fullmatch(said) else ""


def _without_last(turn: Turn) -> Turn:
    """Who asks for another article is not given the same one again."""
    last = turn.state.get("last")
    if turn.retrieval is None or not last or not _ANOTHER.search(turn.question):
        return turn
    others = tuple(one for one in turn.retrieval.passages if str(one.document_id) != last)
    return replace(turn, retrieval=replace(turn.retrieval, passages=others))


SCENARIO = Faq(
    name="FAQ",
    collection="faq",
    kinds=(CollectionKind.FAQ,),
    prompt=Path(__file__).with_name("faq.md"),
)
