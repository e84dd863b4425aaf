"""OFFTOPIC: small talk within limits, which leads back to work; without a language model it is short and says so."""

from __future__ import annotations

import re
from pathlib import Path

from core.entities.answers import Choice
from core.entities.messages import Action
from core.i18n import N_, translate
from rag.contract import Contract
from scenarios import overview
from scenarios.base import Intent, Reply, Scenario, Turn, Writing
from scenarios.router import says_nothing
from scenarios.tools import Tools

CHAT = "small_talk"
_USED_UP = N_("That was enough small talk for this conversation. What may I look up for you?")
_USED_UP_TODAY = N_("That was enough small talk for today. What may I look up for you?")
_FAILED = N_("I have no good answer to that. What may I look up for you?")
_GREETING = N_("Hello! I answer from the company's documents and from figures of business niches. What do you need?")
_THANKS = N_("You are welcome. Is there anything else to look up?")
_WHO = N_(
    "I am the assistant of Nichewise. No language model is connected, so I quote documents and run queries on figures; "
    "I do not make conversation. What may I look up?"
)
_ELSE = N_(
    "I cannot help with that: no language model is connected, and I only quote documents and figures of business "
    "niches. What may I look up for you?"
)
_BYE = N_("Goodbye! Your conversation stays in the list.")
_FINE = N_("I am well, thank you. What may I look up for you?")
_WELL = N_("Good. What may I look up next?")
_UNCLEAR = N_("I do not know what this is about. Write a whole question, please.")
_WORDS = (
    (r"\bhow are you\b|\bhow(?:'s| is) it going\b|\bкак (?:дела|ты|жизнь|поживаешь)\b", _FINE),
    (r"\b(?:hello|hi|hey|good (?:morning|day|afternoon|evening)|привет\w*|здравствуй\w*|добр\w+ (?:день|утро|вечер))\b",
     _GREETING),
    (r"^\W*(?:good ?bye|bye|see you|пока|до (?:свидания|встречи|завтра)|всего (?:доброго|хорошего))\b", _BYE),
    (r"\b(?:thanks?|thank you|thx|спасибо|благодарю)\b", _THANKS),
    (r"\b(?:who|what) are you\b|\bwho (?:made|built|created|wrote|developed) you\b|"
     r"\byour name\b|\bкто ты\b|\bкто тебя \w+л\w*\b|\bкак тебя зовут\b|"
     r"\bты (?:кто|бот|человек|робот)\b", _WHO),
    (r"^\W*(?:(?:ok(?:ay)?|well|fine|great|good|cool|nice|super|perfect|excellent|wonderful|awesome|"
     r"got it|i see|understood|clear|"
     r"all right|alright|very|that's|ладно|ок(?:ей)?|хорошо|"
     r"отлично|понял[аи]?|понятно|ясно|супер|класс|прекрасно|замечательно|"
     r"здорово|очень|спс)\W*)+$", _WELL),
)  # fmt: skip
_WAYS_BACK = (
    (N_("What can this service do?"), "FAQ"),
    (N_("Top 5 niches by average revenue"), "ANALYTICS"),
)


class OffTopic(Scenario):
    def open(self, turn: Turn, tools: Tools) -> Reply | Writing | None:
        said = _said(turn.question)
        if said == _GREETING and turn.guest:
            said = overview.GREETING
        if said == _UNCLEAR or (said == _ELSE and not turn.model):  # nobody made conversation
            return Reply(translate(turn.language, said), action=Action.REFUSE, choices=_ways_back(turn))
        if not turn.outcomes:
            return Reply("", intents=(Intent(CHAT),))
        (counted,) = turn.outcomes
        if not counted.ok:
            sentence = _USED_UP_TODAY if counted.values["today"] else _USED_UP
            return Reply(translate(turn.language, sentence), action=Action.REFUSE, choices=_ways_back(turn))
        if not turn.model:
            return Reply(translate(turn.language, said), choices=_ways_back(turn))
        failed = translate(turn.language, _FAILED)
        return Writing(self.plan(turn, contract=Contract(self.name), fallback=failed), choices=_ways_back(turn))


def _said(question: str) -> str:
    if says_nothing(question):
        return _UNCLEAR
    return next((said for words, said in _WORDS if re.search(words, question, re.IGNORECASE)), _ELSE)


def _ways_back(turn: Turn) -> tuple[Choice, ...]:
    """Guests have no figures to be led to."""
    ways = [way for way in _WAYS_BACK if way[1] == "FAQ" or not turn.guest]
    return tuple(Choice(said, said, scenario) for said, scenario in ((translate(turn.language, w), s) for w, s in ways))


SCENARIO = OffTopic(name="OFFTOPIC", collection="", kinds=(), prompt=Path(__file__).with_name("offtopic.md"))
