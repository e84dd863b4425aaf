"""Words, numbers and dates in the language of the person who looks at the page."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st
from babel.dates import format_datetime, format_timedelta
from babel.messages.pofile import read_po
from babel.numbers import format_compact_decimal, format_decimal, format_percent

from components import session
from core import i18n
from core.errors import NichewiseError
from core.settings import ROOT

LANGUAGES = {"en": "English", "ru": "Русский"}
_UNITS = 1024
_PLACE = re.compile(r"%\\\((\w+)\\\)s")  # of a sentence that went through re.escape
_SENTENCE = re.compile(r"[A-Z%“].*\.(?: |$)", re.DOTALL)


def _(message: str, /, **values: Any) -> str:
    """`message` in the user's language, its `%(name)s` places filled."""
    return i18n.translate(session.locale(), message, **values)


N_ = i18n.N_


def ngettext(singular: str, plural: str, n: int, /, **values: Any) -> str:
    """The form of the sentence that fits `n`; `%(n)s` is the number in the user's notation."""
    text = i18n.catalogue(session.locale()).ngettext(singular, plural, n)
    return text % {"n": number(n), **values}


def sentence(error: NichewiseError) -> str:
    return i18n.translate_error(session.locale(), error)


def stored(text: str) -> str:
    """A sentence that was saved in English with its places filled, such as why a document failed."""
    if (known := _(text)) != text:
        return known
    for pattern, template in _templates(session.locale()):
        if found := pattern.fullmatch(text):
            return _(template, **found.groupdict())
    return text


@cache
def _templates(locale: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Every translated sentence with places, as the pattern of what it looks like once they are filled."""
    path = ROOT / "locale" / f"{locale}.po"
    if not path.exists():
        return ()
    with path.open("rb") as file:
        ids = [message.id for message in read_po(file, locale=locale) if isinstance(message.id, str)]
    # Sentences alone: labels such as "%(shown)s of %(total)s" would be found in most texts. The most particular first.
    telling = sorted((one for one in ids if "%(" in one and _SENTENCE.match(one)), key=len, reverse=True)
    return tuple((_pattern(one), one) for one in telling)


def _pattern(template: str) -> re.Pattern[str]:
    seen: set[str] = set()

    def place(found: re.Match[str]) -> str:
        name = found[1]
        group = f"(?P={name})" if name in seen else f"(?P<{name}>.+?)"
        seen.add(name)
        return group

    return re.compile(_PLACE.sub(place, re.escape(template)), re.DOTALL)


def number(value: float, digits: int = 0) -> str:
    """With the locale's thousands separator and `digits` decimals at most."""
    return format_decimal(round(value, digits), locale=session.locale())


def short_number(value: float) -> str:
    """1.2M, 34K: for big figures whose full value stands in a tooltip."""
    return format_compact_decimal(value, fraction_digits=1, locale=session.locale())


def percent(share: float) -> str:
    """`share` in [0, 1]."""
    return format_percent(share, locale=session.locale())


def file_size(size: int) -> str:
    """Bytes as B, KB, MB or GB."""
    value = float(size)
    for unit in (N_("%(n)s B"), N_("%(n)s KB"), N_("%(n)s MB")):
        if value < _UNITS:
            return _(unit, n=number(value, 0 if value >= 10 else 1))
        value /= _UNITS
    return _("%(n)s GB", n=number(value, 1))


def local(at: datetime) -> datetime:
    """`at` in the browser's time zone."""
    try:
        zone: Any = ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        zone = UTC
    return at.astimezone(zone)


def date_time(at: datetime | None) -> str:
    """Medium date and short time in the browser's zone; a dash for never."""
    if at is None:
        return "–"
    return str(format_datetime(local(at).replace(tzinfo=None), "d MMM y, HH:mm", locale=session.locale()))


def ago(at: datetime | None) -> str:
    """'3 hours ago'; a dash for never."""
    if at is None:
        return "–"
    return format_timedelta(at - datetime.now(UTC), add_direction=True, locale=session.locale())


def duration(seconds: float) -> str:
    """A length of time, rounded to its largest unit."""
    return format_timedelta(timedelta(seconds=max(1, round(seconds))), format="short", locale=session.locale())
