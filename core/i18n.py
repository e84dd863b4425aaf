"""Messages in English and Russian: gettext catalogues read straight from `locale/*.po`."""

from __future__ import annotations

import gettext
import io
from functools import cache
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

from core.errors import NichewiseError
from core.settings import ROOT

LOCALES = ("en", "ru")


@cache
def catalogue(locale: str) -> gettext.NullTranslations:
    """The catalogue of `locale`; English message ids stand for themselves, and an unknown locale is English."""
    path = ROOT / "locale" / f"{locale}.po"
    if locale not in LOCALES or not path.exists():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=locale))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def N_(message: str) -> str:
    """Marks a message that is translated where it is shown."""
    return message


def translate(locale: str, message: str, /, **values: Any) -> str:
    """`message` in `locale`, its `%(name)s` places filled from `values`."""
    text = catalogue(locale).gettext(message) if message else ""
    return text % values if values else text


def ntranslate(locale: str, singular: str, plural: str, n: int, /) -> str:
    """The form that fits `n`, with `n` in the place `%(n)s`."""
    return catalogue(locale).ngettext(singular, plural, n) % {"n": format_decimal(n, locale=locale)}


def translate_error(locale: str, error: NichewiseError) -> str:
    return translate(locale, error.template, **error.values)
