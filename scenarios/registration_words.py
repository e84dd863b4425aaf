"""Reads what people write while they register: commands, consent, e-mails with typos, names, questions in between."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

_EMAIL = re.compile(r"[^\s@<>(),;:\"']{1,64}@[^\s@<>(),;:\"']{1,190}")
_NEARLY = re.compile(  # "bob (at) example . com", "bob@example,com", "bob @example.com"
    r"([^\s@<>(),;:\"']{1,64})\s*(?:@|\(at\)|\[at\]|\(собака\)|\sсобака\s)\s*"
    r"([a-z0-9-]{1,60}(?:\s?[.,]\s?[a-z0-9-]{2,60}){1,4})",
    re.IGNORECASE,
)
_WHOLE = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]+@(?:[a-z0-9-]+\.)+[a-z]{2,}", re.IGNORECASE)
# Where most private mailboxes are: a domain that is nearly one of these is asked about.
_DOMAINS = (
    "gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "proton.me", "yandex.ru", "yandex.com",
    "ya.ru", "mail.ru", "bk.ru", "inbox.ru", "list.ru", "rambler.ru", "live.com", "msn.com", "aol.com", "gmx.com",
)  # fmt: skip
_CODE = re.compile(r"(?<!\d)(\d{3})[\s-]?(\d{3})(?!\d)")
_YES = re.compile(
    r"(?:yes|yeah|yep|ok(?:ay)?|sure|of course|i (?:do )?(?:agree|consent|accept)|agreed?|accept(?:ed)?|"
    r"да|ага|конечно|хорошо|ок|согласен|согласна|даю согласие|принимаю|я согласен|я согласна)\b",
    re.IGNORECASE,
)
_NO = re.compile(
    r"(?:no(?! problem)|nope|never|i (?:do not|don'?t|refuse)|disagree|refuse|"
    r"нет|не (?:согласен|согласна|хочу|даю|принимаю)|я (?:не|против)|против|отказываюсь)\b",
    re.IGNORECASE,
)
_QUESTION_WORD = re.compile(
    r"(?:what|why|how|who|where|when|which|can i|could i|may i|is it|is there|are there|do i|do you|does|tell me|"
    r"explain|что|зачем|почему|как|кто|где|когда|какие|какой|какая|можно ли|могу ли|есть ли|нужно ли|сколько|"
    r"расскажи|объясни)\b",
    re.IGNORECASE,
)
_INTRODUCTION = re.compile(
    r"^\W*(?:i live in|i am from|i'?m from|from|my city is|city|я из|(?:я )?живу в|мой город|город|из|"
    r"my niche is|niche|моя ниша|ниша|my name is|my name'?s|i am|i'?m|this is|call me|name|меня зовут|мо[её] имя|я|имя)"
    r"\s*[:\-–—]?\s+",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\W\d_]+(?:[ .'’-]{1,2}[^\W\d_]+){0,4}\.?")


class Command(StrEnum):
    CANCEL = "cancel"
    BACK = "back"
    SKIP = "skip"
    RESEND = "resend"


_COMMANDS = {
    Command.CANCEL: re.compile(
        r"(?:cancel|stop|quit|abort|never ?mind|(?:i )?changed my mind|i don'?t want to register|forget it|"
        r"отмена|отмени(?:ть)?|стоп|прекрати(?:ть)?|(?:я )?передумала?|не хочу регистрироваться|забудь)"
        r"(?: (?:it|the registration|registration|регистрацию))?",
        re.IGNORECASE,
    ),
    Command.BACK: re.compile(
        r"(?:go |step )?back|(?:change|correct) (?:it|that|my e-?mail|the e-?mail)|(?:an)?other (?:address|e-?mail)|"
        r"друг(?:ой|ая|ую) (?:адрес|почта|почту|e-?mail)|назад|вернуться|вернись|"
        r"(?:изменить|исправить)(?: (?:почту|адрес|e-?mail))?",
        re.IGNORECASE,
    ),
    Command.SKIP: re.compile(r"skip(?: it| this)?|none|no niche|пропустить|пропусти|пропускаю|нет ниши", re.IGNORECASE),
    Command.RESEND: re.compile(
        r"(?:please )?(?:resend|send (?:it |the code |a code )?again|(?:a |send a |send me a )?(?:new|another) code|"
        r"(?:i )?(?:did not|didn'?t) (?:get|receive).*|no code.*|отправ(?:ь|ьте|ить)(?: код)? (?:ещё|еще) раз|"
        r"(?:отправь )?новый код|(?:код )?не (?:пришел|пришёл|приходит|получил|получила).*|(?:ещё|еще) раз|"
        r"повтори(?:ть)?)",
        re.IGNORECASE,
    ),
}


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail as it was typed, cleaned; `meant` is another spelling that is likelier, "" if there is none."""

    typed: str
    meant: str = ""


def command(text: str) -> Command | None:
    bare = _bare(text)
    return next((name for name, pattern in _COMMANDS.items() if pattern.fullmatch(bare)), None)


def address(text: str) -> Address | None:
    """The e-mail in a message, if there is something that is meant to be one."""
    exact = _EMAIL.search(text)
    if exact and _WHOLE.fullmatch(found := exact[0].strip(".!?").lower()):
        return Address(found, _likelier(found))
    if nearly := _NEARLY.search(text):
        domain = re.sub(r"\s*[.,]\s*", ".", nearly[2]).lower()
        return Address(nearly[0].strip(), f"{nearly[1].lower()}@{domain}")
    return Address(exact[0]) if exact else None


def code(text: str) -> str | None:
    found = _CODE.search(text)
    return found[1] + found[2] if found else None


def yes(text: str) -> bool:
    return _YES.match(_bare(text)) is not None and not no(text)


def no(text: str) -> bool:
    return _NO.match(_bare(text)) is not None


def question(text: str) -> bool:
    return text.rstrip().endswith("?") or _QUESTION_WORD.match(_bare(text)) is not None


def value(text: str) -> str:
    """What is left of "my name is Ann": "Ann"."""
    line = " ".join(text.split())
    return _INTRODUCTION.sub("", line).strip(" .!,;:") or line


def looks_like_name(text: str) -> bool:
    return len(text) <= 80 and _NAME.fullmatch(text) is not None


def language(text: str, known: str) -> str:
    """The language of a message that says so; else the one that is `known`."""
    if re.search(r"[а-яё]{2}", text, re.IGNORECASE):
        return "ru"
    words = re.findall(r"[a-z']{2,}", _EMAIL.sub("", text), re.IGNORECASE)
    return "en" if len(words) >= 3 else known


def _bare(text: str) -> str:
    return " ".join(text.split()).strip(" \t.!,…").lower()


def _likelier(email: str) -> str:
    local, _, domain = email.partition("@")
    near = get_close_matches(domain, _DOMAINS, n=1, cutoff=0.84)
    return f"{local}@{near[0]}" if near and domain not in _DOMAINS else ""
