"""Where sentences end, in English, Russian and languages that write like them."""

from __future__ import annotations

import re

# Lookbehinds and possessive repeats keep a run of a million dots linear.
_BREAK = re.compile(
    r"""(?<![.!?…])(?P<stop>[.!?…]++)["'»”’)\]]*+\s++    # an end mark, what closes with it, a space
      | (?<![。！？])[。！？]++[」』”]*+\s*+                # Chinese and Japanese need no space
      | \n[\ \t\r]*+\n\s*+                               # an empty line
      | \n(?=[\ \t]*(?:[-*•–]|\d{1,3}[.)])[\ \t])        # an item of a list
    """,
    re.VERBOSE,
)
_LAST_WORD = re.compile(r"[\w.\-]+\Z")
_OPENERS = "\"'«“‘([—– "

# A full stop after these never ends a sentence ...
_NEVER_ENGLISH = "mr mrs ms dr prof st vs fig eq e.g i.e cf approx dept vol jr sr gen rev no"
_NEVER_RUSSIAN = "им ул стр рис табл см проф акад напр ср пер просп пл корп обл тов гр т.е т.к е к"
_NEVER = frozenset((*_NEVER_ENGLISH.split(), *_NEVER_RUSSIAN.split()))
# ... after these not when a number follows ...
_BEFORE_NUMBER = frozenset(("п", "пп", "д", "ст", "гл", "кв", "с", "т", "p", "pp", "ch", "sec", "art", "nos", "§"))
# ... and after a year's "г." only when it does follow a number: "в 1999 г. Затем", but "г. Москва".
_AFTER_NUMBER = frozenset(("г", "гг", "в", "вв"))


def spans(text: str) -> list[tuple[int, int]]:
    """Consecutive (start, end) of the sentences of `text`; each ends with the space after it, and together they are
    the whole text. Linear in its length."""
    ends = [match.end() for match in _BREAK.finditer(text) if _ends_sentence(text, match)]
    if not ends or ends[-1] < len(text):
        ends.append(len(text))
    return list(zip([0, *ends], ends, strict=False))


def _ends_sentence(text: str, match: re.Match[str]) -> bool:
    stop = match["stop"]
    following = text[match.end() : match.end() + 4].lstrip(_OPENERS)[:1]
    if stop is None or "\n\n" in match.group():
        return True
    if following.islower():
        return False
    return stop != "." or not _abbreviated(text, match.start(), following)


def _abbreviated(text: str, stop: int, following: str) -> bool:
    """Whether the full stop at `stop` belongs to the word before it."""
    found = _LAST_WORD.search(text, max(0, stop - 12), stop)
    if found is None:
        return False
    word = found.group()
    if len(word) == 1 and word.isupper():
        return True  # an initial: "А. С. Пушкин"
    word = word.lower()
    if word in _AFTER_NUMBER:
        return not text[max(0, found.start() - 8) : found.start()].rstrip()[-1:].isdigit()
    if following.isdigit() and (word in _BEFORE_NUMBER or _numbers_a_line(text, found)):
        return True
    return word in _NEVER or _numbers_a_line(text, found)


def _numbers_a_line(text: str, word: re.Match[str]) -> bool:
    """Whether `word` is the number of a list item or clause: "3." or "2.1." at the start of a line."""
    before = text[max(0, word.start() - 1) : word.start()]
    return word.group()[0].isdigit() and before in ("", "\n") and len(word.group()) <= 6
