"""Undoes disguises before rules are matched: case, look-alikes, hidden characters, spacing, digits, encodings.

Every step is linear in the length of the text.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from rag.layout import retyped

_DEPTH = 2  # encodings within encodings
_CYRILLIC_LIKE = dict(
    zip("авеікмнорстухѕјһԁԛԝзьпгл", "abeikmhopctyxsjhdqwzbnrl", strict=True)  # as fonts draw them
)
_LATIN_LIKE = dict(zip("abcehikmnoptuxysrg3", "авсенікмпортихуѕгдз", strict=True)) | {"i": "и", "h": "н"}
_GREEK_LIKE = dict(zip("αβγεηικνορτυχω", "abyenikvoptuxw", strict=True)) | {"ı": "i", "ɡ": "g", "ɑ": "a", "ɪ": "i"}
_OTHERS = str.maketrans(_GREEK_LIKE | {"ё": "е"})
_TO_LATIN, _TO_CYRILLIC = str.maketrans(_CYRILLIC_LIKE), str.maketrans(_LATIN_LIKE)
_DIGITS_I = str.maketrans("013457", "oieast")
_DIGITS_L = str.maketrans("013457", "oleast")
_DIGITS_RU = str.maketrans("0346", "озчб")
_DIGITS_RU_A = str.maketrans("0134", "оиза")

_WORD = re.compile(r"[^\W_]+")
_SPACED = re.compile(r"(?<!\w)(?:[^\W_][ .*_·-]){2,}[^\W_](?!\w)")
_SYMBOL_IN_WORD = re.compile(r"(?<=[^\W\d_])[@$](?=[^\W\d_])")
_APOSTROPHE = re.compile(r"['’ʼ`]")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_HEX = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}){8,}(?![0-9A-Fa-f])")
_SEAM = re.compile(r"""["'«»“”„`]\s*[+,&;]\s*(?:\w{1,3}\s*=\s*)?["'«»“”„`]""")  # between pieces: "ig" + "nore"
_BREAK = re.compile(r"(?<=[^\W\d_])[-.·_](?=[^\W\d_])")
_FEWEST_BREAKS = 3  # from which hyphens and dots within words look like a disguise
_TELLING = (  # words that tell a text that is read right from one that is not
    "the your you and all are is of to in what rules prompt instructions ignore show reveal hidden system me my "
    "твои свои все всё правила промпт инструкции покажи раскрой скрытые системный мне что и на не"
)
_PLAIN = frozenset(_TELLING.split())


def fold(text: str) -> str:
    """Lower case, without hidden characters and accents, and with compatibility forms such as full width undone."""
    plain = "".join(map(_bare, unicodedata.normalize("NFKC", text)))
    return plain.casefold().translate(_OTHERS)


def _bare(character: str) -> str:
    if character.isascii():
        return character
    category = unicodedata.category(character)
    if category in ("Cf", "Mn", "Me"):
        return ""
    first = unicodedata.decomposition(character).split(" ")[0]
    base = chr(int(first, 16)) if first and not first.startswith("<") else ""
    return base if base.isascii() and base.isalpha() else character  # é is e; й stays


def spell_out(folded: str) -> str:
    """Letters that stand apart (`i g n o r e`, `i.g.n.o.r.e`) joined to words; two spaces part words."""
    return _SPACED.sub(lambda run: "".join(_WORD.findall(run[0])), folded)


def words(folded: str) -> list[str]:
    symbols = _SYMBOL_IN_WORD.sub(lambda match: {"@": "a", "$": "s"}[match[0]], _APOSTROPHE.sub("", folded))
    return _WORD.findall(symbols)


def forms(word: str) -> tuple[str, ...]:
    """What a folded word may be meant to read: itself first."""
    if word.isascii() and (word.isalpha() or word.isdigit()):
        return (word,)
    found = [word]
    if any(character.isdigit() for character in word):
        if not word.isdigit():
            tables = (_DIGITS_I, _DIGITS_L) if word.isascii() else (_DIGITS_RU, _DIGITS_RU_A)
            found += [word.translate(table) for table in tables]
    elif _mixed(word) or all(character in _CYRILLIC_LIKE for character in word):
        found += [word.translate(_TO_LATIN), word.translate(_TO_CYRILLIC)]
    return tuple(dict.fromkeys(found))


def _mixed(word: str) -> bool:
    return any(c.isascii() for c in word) and any("Ѐ" <= c <= "ԯ" for c in word)


class Reading(NamedTuple):
    """A text with the names of the disguises that were taken off it."""

    text: str
    undone: tuple[str, ...] = ()


class Folded(NamedTuple):
    """A reading made ready for matching: as one text with single spaces, its words, and the words when letters that
    stand apart are joined."""

    text: str
    words: tuple[str, ...]
    joined: tuple[str, ...]
    undone: tuple[str, ...]


def folded(text: str) -> list[Folded]:
    """Every reading of `text`. It costs more than to match one set of rules, so it is done once for all of them."""
    made = []
    for reading, undone in readings(text):
        plain = fold(reading)
        made.append(Folded(" ".join(plain.split()), tuple(words(plain)), tuple(words(spell_out(plain))), undone))
    return made


def readings(text: str, depth: int = _DEPTH, undone: tuple[str, ...] = ()) -> Iterator[Reading]:
    """The text, and what is hidden in it: pieces, broken words, the wrong keyboard layout, backwards, rot13, HTML
    entities, percent signs, base64, hexadecimal."""
    yield Reading(text, undone)
    if depth == 0:
        return
    if depth == _DEPTH:
        yield from _unscrambled(text)
    for name, decoded in _decoded(text):
        yield from readings(decoded, depth - 1, (*undone, name))


def _decoded(text: str) -> Iterator[tuple[str, str]]:
    plain = html.unescape(unquote(text) if "%" in text else text)
    if plain != text:
        yield "entities", plain
    for name, runs in (("hex", _bytes_of_hex(text)), ("base64", _bytes_of_base64(text))):
        if hidden := " ".join(filter(None, map(_plain, runs))):
            yield name, hidden


def _unscrambled(text: str) -> Iterator[Reading]:
    if _SEAM.search(text):
        yield Reading(_SEAM.sub("", text), ("pieces",))
    if len(_BREAK.findall(text)) >= _FEWEST_BREAKS:
        yield Reading(_BREAK.sub("", text), ("pieces",))
    plain = _plain_words(text)
    backwards = (text[::-1], " ".join(word[::-1] for word in text.split()))
    if meant := retyped(text):
        yield Reading(meant, ("layout",))
    for name, turned in (*(("backwards", one) for one in backwards), ("rot13", codecs.encode(text, "rot13"))):
        if _plain_words(turned) > plain:
            yield Reading(turned, (name,))


def _plain_words(text: str) -> int:
    return len(_PLAIN & set(_WORD.findall(text.casefold())))


def _bytes_of_hex(text: str) -> Iterator[bytes]:
    return (bytes.fromhex(run) for run in _HEX.findall(text))


def _bytes_of_base64(text: str) -> Iterator[bytes]:
    for run in _BASE64.findall(text):
        bare = run.rstrip("=").replace("-", "+").replace("_", "/")
        try:
            yield base64.b64decode(bare + "=" * (-len(bare) % 4))
        except binascii.Error:
            continue


def _plain(raw: bytes) -> str:
    """The text of `raw`, or nothing where it is no text."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return ""
    readable = sum(character.isalpha() or character.isspace() for character in text)
    return text if readable >= 0.7 * len(text) else ""
