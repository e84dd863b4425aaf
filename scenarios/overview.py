"""What the assistant says of itself: "help", "what can you do?" are answered with what there is to ask."""

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
    return _ASKED.fullmatch(" ".join(message.split()).strip(" ?!.,…")) is not None


def reply(turn: Turn) -> Reply:
    said, tries = (_GUEST, _GUEST_TRIES) if turn.guest else (_STAFF, _STAFF_TRIES)
    worded = [(translate(turn.language, question), scenario) for question, scenario in tries]
    choices = tuple(Choice(question, question, scenario) for question, scenario in worded)
    return Reply(translate(turn.language, said), choices=choices)
