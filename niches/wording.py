"""What a person may have meant by what they typed: folding, word stems, transliteration."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rag.lexical.analysis import content_terms, terms

_WORD = re.compile(r"[^\W_]+")
_CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
# Longest first: "shch" before "sh" before "s".
_LETTERS = (
    ("shch", "щ"), ("sch", "щ"), ("yo", "ё"), ("jo", "ё"), ("zh", "ж"), ("kh", "х"), ("ts", "ц"), ("ch", "ч"),
    ("sh", "ш"), ("yu", "ю"), ("ju", "ю"), ("ya", "я"), ("ja", "я"), ("ye", "е"), ("eh", "э"), ("iy", "ий"),
    ("yj", "ый"), ("ay", "ай"), ("ey", "ей"), ("oy", "ой"), ("uy", "уй"),
    ("a", "а"), ("b", "б"), ("c", "ц"), ("d", "д"), ("e", "е"), ("f", "ф"), ("g", "г"), ("h", "х"), ("i", "и"),
    ("j", "й"), ("k", "к"), ("l", "л"), ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"), ("q", "к"), ("r", "р"),
    ("s", "с"), ("t", "т"), ("u", "у"), ("v", "в"), ("w", "в"), ("x", "кс"), ("y", "ы"), ("z", "з"), ("'", "ь"),
)  # fmt: skip
_LATIN_TO_RUSSIAN = dict(_LETTERS)
_TRANSLITERATED = re.compile("|".join(re.escape(latin) for latin, _ in _LETTERS))
_ROMAN = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i", "й": "y", "к": "k",
    "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh",
    "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya",
}  # fmt: skip
# Endings of nouns and adjectives only: a stemmer that knows verbs too takes "прибыли" for one.
_RUSSIAN_ENDING = re.compile(
    r"(?<=[а-я]{3})(?:иями|ями|ами|ого|его|ому|ему|ыми|ими|иях|ией|иям|ием|ев|ов|ей|ой|ый|ий|ая|яя|ое|ее|ые|ие|ым|им|ом|"
    r"ем|ам|ям|ах|ях|ую|юю|их|ых|ью|ия|ию|ии|ье|ья|а|е|и|й|о|у|ы|ь|ю|я)$"
)
# A vowel that some forms have and others lack: "кофеен" and "кофейня", "автомоек" and "автомойка", "рынок" and "рынки".
_FLEETING = re.compile(r"(?<=[а-я]{3})[еойь](?=[нк]$)")


def words(text: str) -> list[str]:
    """Lower-case words without punctuation; ё is е, compatibility forms and accents of Latin letters are folded."""
    folded = unicodedata.normalize("NFKC", text).lower().replace("ё", "е")
    if not folded.isascii():
        plain = unicodedata.normalize("NFD", folded)
        folded = unicodedata.normalize("NFC", "".join(c for c in plain if not "\u0300" <= c <= "\u0305"))
        folded = folded.encode("utf-8", "replace").decode()
    return _WORD.findall(folded)


def normal(text: str) -> str:
    """What two wordings have in common that differ in case, punctuation and spacing only."""
    return " ".join(words(text))


def language(text: str) -> str:
    return "ru" if _CYRILLIC.search(text) else "en"


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of one word of `words`, by the language of its letters."""
    if _CYRILLIC.search(word):
        return _FLEETING.sub("", _RUSSIAN_ENDING.sub("", word))
    found = terms(word, "en")
    return found[0] if found else word


def stems(text: str) -> list[str]:
    return [stem(word) for word in words(text)]


def telling_stems(text: str) -> list[str]:
    """The stems of `text` without articles, prepositions, question words; all of them if nothing else is left."""
    kept = [stem(word) for word in words(text) if _tells(word)]
    return kept or stems(text)


@lru_cache(maxsize=50_000)
def _tells(word: str) -> bool:
    return bool(content_terms(word, language(word)))


def transliterated(text: str) -> str:
    """Latin letters read as Russian ones and the other way round: "kofeynya" is "кофейня"."""
    lowered = text.lower()
    if _CYRILLIC.search(text):
        return "".join(_ROMAN.get(letter, letter) for letter in lowered.replace("ё", "е"))
    return _TRANSLITERATED.sub(lambda found: _LATIN_TO_RUSSIAN[found[0]], lowered)


def trigrams(text: str) -> set[str]:
    """Pieces of three letters, with marks where words begin and end."""
    return {piece for word in text.split() for piece in _pieces(f"#{word}#")}


def _pieces(marked: str) -> list[str]:
    return [marked[at : at + 3] for at in range(max(1, len(marked) - 2))]
