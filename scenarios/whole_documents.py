"""What DOCUMENTS says of documents as a whole: a list of them, the parts of one, one of its pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.entities.answers import Choice
from core.entities.messages import Action
from core.entities.retrieval import Retrieval
from core.i18n import N_, translate
from rag import whole
from rag.context import fitting
from scenarios.base import Reply, Turn
from scenarios.tools import Shelf, Titled

_THERE_ARE = N_("Documents that I can answer from (%(count)s):")
_NEWEST = N_("Documents that I can answer from: %(count)s. The newest:")
_NONE = N_("There are no documents yet that I could answer from. Add some on the page Documents.")
_ABOUT = N_("What is “%(title)s” about?")
_WHICH = N_("Which document do you mean?")
_PARTS = N_("“%(title)s” begins its parts like this (quoted, for no language model is connected):")
_ON_PAGE = N_("Page %(page)s of “%(title)s”:")
_NO_PAGES = N_("“%(title)s” is in a format without pages. Its parts begin like this:")
_FEWER_PAGES = N_("“%(title)s” has no page %(page)s that could be read: the last one is %(last)s.")
_LISTED = 20
_OFFERED = 6
_TOKENS = 3_000  # of a document that a model is given, estimated


def reply(turn: Turn, shelf: Shelf, scenario: str) -> Reply | Retrieval | None:
    """The answer; what a model is to write it from; None for a message that asks for no document as a whole."""
    asked = whole.asked(turn.question)
    if turn.picked:
        asked, meant = asked or whole.Request("summary"), [Titled(turn.picked, "")]
    elif asked is None:
        return None
    elif asked.kind == "list":
        return _list(turn, shelf, scenario)
    else:
        meant = list(_meant(turn, shelf, asked.named))
        if asked.unsure and not meant:
            return None
    if len(meant) != 1:
        return _which(turn, meant or shelf.newest(_OFFERED)[0], scenario)
    document = shelf.read(meant[0].id)
    if document is None:
        return None
    if asked.kind == "page":
        return _page(turn, document, asked.page)
    return _given(document) if turn.model else _parts(turn, document, _PARTS)


def _meant(turn: Turn, shelf: Shelf, named: str) -> Sequence[Titled]:
    """What is called so; where nothing is named, the only document there is, else what was cited last."""
    if not whole.points_at_none(named):
        return shelf.called(named)
    only, count = shelf.newest(2)
    if count == 1:
        return only
    answers = (one.id for one in reversed(turn.history) if one.author == "assistant")
    return next(filter(None, map(shelf.cited, answers)), ())


def _list(turn: Turn, shelf: Shelf, scenario: str) -> Reply:
    found, count = shelf.newest(_LISTED)
    if not found:
        return Reply(translate(turn.language, _NONE), action=Action.REFUSE)
    said = translate(turn.language, _THERE_ARE if count == len(found) else _NEWEST, count=count)
    titles = "\n".join(f"- {one.title}" for one in found)
    return Reply(f"{said}\n\n{titles}", choices=_about(turn, found[:_OFFERED], scenario))


def _which(turn: Turn, documents: Sequence[Titled], scenario: str) -> Reply | None:
    if not documents:
        return None
    choices = tuple(Choice(one.title, f"{turn.question} {one.title}", scenario, one.id) for one in documents[:_OFFERED])
    return Reply(translate(turn.language, _WHICH), action=Action.ASK, choices=choices)


def _about(turn: Turn, documents: Sequence[Titled], scenario: str) -> tuple[Choice, ...]:
    return tuple(
        Choice(one.title, translate(turn.language, _ABOUT, title=one.title), scenario, one.id) for one in documents
    )


def _parts(turn: Turn, document: Retrieval, sentence: str) -> Reply | None:
    text, cited = whole.outline(document.passages)
    if not text:
        return None
    lead = translate(turn.language, sentence, title=document.question)
    return Reply(f"{lead}\n\n{text}", retrieval=replace(document, passages=cited))


def _page(turn: Turn, document: Retrieval, page: int) -> Reply | None:
    last = whole.pages(document.passages)
    if not last:
        return _parts(turn, document, _NO_PAGES)
    text, cited = whole.page_of(document.passages, page)
    values = {"title": document.question, "page": page, "last": last}
    if not text:
        return Reply(translate(turn.language, _FEWER_PAGES, **values), action=Action.REFUSE)
    lead = translate(turn.language, _ON_PAGE, **values)
    return Reply(f"{lead}\n\n{text}", retrieval=replace(document, passages=cited))


def _given(document: Retrieval) -> Retrieval:
    """The whole document where it fits, else the beginnings of its parts."""
    fit = fitting(document.passages, _TOKENS)
    if len(fit) == len(document.passages):
        return document
    return replace(document, passages=fitting(whole.outline(document.passages)[1] or fit, _TOKENS))
