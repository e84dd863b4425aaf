"""What the assistant says of itself: "help", "what can you do?", "what is this?" say what there is to ask."""

from __future__ import annotations

import re

from core.entities.answers import Choice
from core.i18n import N_, translate
from scenarios.base import Reply, Turn

_HELLO = r"(?:(?:hello|hi|hey|good \w+|привет\w*|здравствуй\w*|добр\w+ \w+)[\s,.!]+)?"
_ASKED = re.compile(
    _HELLO + r"(?:(?:please )?help(?: me)?(?: please)?|what (?:can|could) you do(?: for me)?|how can you help(?: me)?|"
    r"what (?:can|could) (?:this|the) (?:service|assistant|workbench|bot) do|"
    r"what (?:can|could|may) i ask(?: you)?(?: about)?|"
    r"помощь|помоги(?:те)?(?: мне)?|справка|что (?:ты|вы) (?:умее(?:шь|те)|може(?:шь|те))(?: делать)?|"
    r"что умеет (?:этот |ваш )?(?:сервис|ассистент|бот)|чем (?:ты |вы )?(?:можешь|можете) (?:мне )?помочь|"
    r"(?:что|о ч[её]м) (?:можно|я могу) (?:у тебя |тебя |вас )?(?:с?просить|спрашивать))",
    re.IGNORECASE,
)
_SERVICE = r"(?:service|program(?:me)?|app|application|tool|system|product|assistant|site|workbench|bot)"
_SERVICE_RU = r"(?:сервис|программа|приложение|инструмент|система|продукт|ассистент|помощник|сайт|бот)"
_NAMED = re.compile(
    _HELLO + r"(?:(?:and )?what(?:'s| is) (?:nichewise|(?:this|the) " + _SERVICE + r")(?: for| about)?|"
    r"what does (?:nichewise|(?:this|the) " + _SERVICE + r") do|"
    r"(?:tell me )?(?:more )?about (?:nichewise|(?:this|the) " + _SERVICE + r")|who are you and what (?:can|do) you do|"
    r"(?:а )?что (?:такое|за) nichewise|что это за " + _SERVICE_RU + r"|(?:а )?что это такое|"
    r"(?:для чего|зачем) (?:нужен |нужна |нужно )?(?:nichewise|(?:этот |эта |это )"
    + _SERVICE_RU
    + r")(?: нужен| нужна| нужно)?|"
    r"(?:расскажи(?:те)? )(?:о|об|про) (?:nichewise|себе|себя|этом сервисе|этой программе)|"
    r"(?:кто|что) (?:ты|вы)(?: такой| такое| такие)? и "
    r"(?:что|чем) (?:ты |вы )?(?:умее|може)(?:шь|те)(?: делать| помочь)?)",
    re.IGNORECASE,
)
_IS = N_("Nichewise is the company's workbench for documents and for figures of business niches; I am its assistant.")
GREETING = N_("Hello! I explain how this service works, and I can open an account for you. What do you need?")
_STAFF = N_(
    "You can ask what the company's documents say, and I quote them; for figures of business niches, as tables and "
    "charts; about files that you drop into the conversation; and how this service works. Try one of these:"
)
_GUEST = N_("I explain how this service works, and I can open an account for you. Try one of these:")
_STAFF_TRIES = (
    (N_("Top 5 niches by average revenue"), "ANALYTICS"),
    (N_("How do I upload a document?"), "FAQ"),
    (N_("Can I ask about one file only?"), "FAQ"),
)
REGISTER = N_("I want to register")
_GUEST_TRIES = ((REGISTER, "REGISTRATION"), (N_("What can I do without an account?"), "FAQ"))


def asked(message: str) -> bool:
    said = _bare(message)
    return (_ASKED.fullmatch(said) or _NAMED.fullmatch(said)) is not None


def reply(turn: Turn) -> Reply:
    told, tries = (_GUEST, _GUEST_TRIES) if turn.guest else (_STAFF, _STAFF_TRIES)
    named = _NAMED.fullmatch(_bare(turn.question)) is not None
    said = " ".join(translate(turn.language, one) for one in ((_IS, told) if named else (told,)))
    worded = [(translate(turn.language, question), scenario) for question, scenario in tries]
    choices = tuple(Choice(question, question, scenario) for question, scenario in worded)
    return Reply(said, choices=choices)


def _bare(message: str) -> str:
    return " ".join(message.split()).strip(" ?!.,…")
