"""Which language a text is in (ISO 639-1): scripts are counted, a statistical model decides between their languages."""

from __future__ import annotations

import re
from copy import copy
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

SAMPLE_CHARS = 1200  # the model reads 2 million characters per second in pure Python, and this many are plenty
_SHORT_LETTERS = 80  # a question; below this the model errs, and a clear sign is asked for
_SURE = 0.6
_FOREIGN_SCRIPT_SHARE = 0.15  # of the letters: enough for a Russian sentence that is full of English terms
_OTHER_LANGUAGE_LETTERS = 160  # a block of a document is judged by itself from here on
_OTHER_SCRIPT_LETTERS = 40
_BLOCK_CHARS = 300

_SCRIPTS = {
    script: re.compile(f"[{ranges}]+")
    for script, ranges in {
        "latin": "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ",
        "cyrillic": "Ѐ-ԯ",
        "greek": "Ͱ-Ͽἀ-῿",
        "hebrew": "֐-׿",
        "arabic": "؀-ۿݐ-ݿ",
        "devanagari": "ऀ-ॿ",
        "kana": "぀-ヿ",
        "han": "㐀-䶿一-鿿",
        "hangul": "ᄀ-ᇿ가-힯",
        "thai": "฀-๿",
        "georgian": "Ⴀ-ჿ",
        "armenian": "԰-֏",
        "bengali": "ঀ-৿",
        "tamil": "஀-௿",
        "telugu": "ఀ-౿",
    }.items()
}
_ONE_LANGUAGE = {
    "greek": "el", "hebrew": "he", "kana": "ja", "han": "zh", "hangul": "ko", "thai": "th", "georgian": "ka",
    "armenian": "hy", "bengali": "bn", "tamil": "ta", "telugu": "te",
}  # fmt: skip
_LANGUAGES = {
    "latin": (
        "en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "sk", "sl", "hr", "ro", "hu", "fi", "et", "lv", "lt",
        "sv", "da", "no", "tr", "id", "vi", "ca",
    ),
    "cyrillic": ("ru", "uk", "be", "bg", "sr", "mk", "kk"),
    "arabic": ("ar", "fa", "ur"),
    "devanagari": ("hi", "mr", "ne"),
}  # fmt: skip
_USUAL = {"latin": "en", "cyrillic": "ru", "arabic": "ar", "devanagari": "hi"}
_DENSE = {"han": 3, "kana": 2, "hangul": 2}  # one such letter says as much as so many of an alphabet
# Letters of the alphabet's smaller languages that Russian does not have.
_TELLING = {"uk": "іїєґ", "be": "ў", "sr": "јљњћђџ", "mk": "ѓќѕ", "kk": "әқңғүұһө"}
# No other language of the Latin script has these words; of Cyrillic, "ы" without any of `_TELLING` is Russian alone.
_ENGLISH_ALONE = re.compile(r"\b(?:the|and|which|with|that|this|from|have|been|were|their)\b")
_CERTAIN_WORDS, _CERTAIN_SHARE = 4, 0.1  # English prose has 13 of them among 100 words
_CERTAIN_LETTERS = 3
_ENGLISH_WORD = re.compile(
    r"(?i)\b(?:the|of|and|what|which|who|whom|how|when|where|why|is|are|was|were|does|did|do|for|with|from|much|many|my|"
    r"our|your|this|that|these|can|should|could|would|has|have|been|by|list|show|name|give|compare|between)\b"
)


def detect(text: str, default: str = "en") -> str:
    """The language of a document or of a question of a few words; `default` where there are no letters to go by.

    A text in the Latin script that is too short to tell counts as English, and one in Cyrillic as Russian, unless
    `default` is another language of the same script. Safe to call from several threads.
    """
    sample = _sample(text)
    letters = _letters(sample)
    if not letters:
        return default
    script = _script(sample, letters)
    if script in _ONE_LANGUAGE:
        return _ONE_LANGUAGE[script]
    usual = default if default in _LANGUAGES[script] else _USUAL[script]
    return _within(script, sample, letters[script], usual)


def detect_block(text: str, document: str) -> str:
    """The language of one block of a document in language `document`: that one, unless it clearly is another."""
    head = text[:_BLOCK_CHARS]
    letters = _letters(head)
    if sum(letters.values()) < _OTHER_SCRIPT_LETTERS:
        return document
    script = _script(head, letters)
    if document not in _LANGUAGES.get(script, (_ONE_LANGUAGE.get(script),)):
        return detect(head, document)
    if script in _ONE_LANGUAGE or letters[script] < _OTHER_LANGUAGE_LETTERS:
        return document
    return _within(script, head, letters[script], document)


def _sample(text: str) -> str:
    """Beginning, middle and end: a title page or a bibliography must not decide alone."""
    if len(text) <= SAMPLE_CHARS:
        return text
    part, middle = SAMPLE_CHARS // 3, len(text) // 2
    return f"{text[:part]} {text[middle : middle + part]} {text[-part:]}"


def _letters(text: str) -> dict[str, int]:
    counts = {
        script: sum(map(len, pattern.findall(text))) * _DENSE.get(script, 1) for script, pattern in _SCRIPTS.items()
    }
    return {script: count for script, count in counts.items() if count}


def _script(text: str, letters: dict[str, int]) -> str:
    """The script the sentence is written in: Latin terms inside another script do not change its language."""
    if letters.get("kana", 0) * 5 > letters.get("han", 0):
        letters = {**letters, "kana": letters.get("kana", 0) + letters.get("han", 0), "han": 0}
    first = max(letters, key=lambda script: letters[script])
    others = {script: count for script, count in letters.items() if script != "latin" and count}
    if first != "latin" or not others:
        return first
    second = max(others, key=lambda script: others[script])
    share = others[second] / sum(letters.values())
    return second if share >= _FOREIGN_SCRIPT_SHARE and _english_words(text) < 2 else first


def _english_words(text: str) -> int:
    return len(_ENGLISH_WORD.findall(text))


def _within(script: str, text: str, letters: int, usual: str) -> str:
    """Which language of `script`; `usual` where a short text leaves it open."""
    short = letters < _SHORT_LETTERS
    if script == "latin" and usual == "en" and short and _english_words(text) >= 2:
        return "en"
    if not short and (plain := _unmistakable(script, text)):
        return plain
    if script == "cyrillic" and short:
        return _cyrillic(text, usual)
    language, sure = _identifier(script).classify(text)
    return str(language) if not short or sure >= _SURE else usual


def _unmistakable(script: str, text: str) -> str:
    """English and Russian by what no other language of the script has, in a fiftieth of the model's time; else ""."""
    if script == "latin":
        words = text.count(" ") + 1
        return "en" if len(_ENGLISH_ALONE.findall(text)) >= max(_CERTAIN_WORDS, words * _CERTAIN_SHARE) else ""
    if script == "cyrillic":
        lower = text.lower()
        foreign = any(letter in lower for letters in _TELLING.values() for letter in letters)
        return "ru" if not foreign and lower.count("ы") >= _CERTAIN_LETTERS else ""
    return ""


def _cyrillic(text: str, usual: str) -> str:
    """A short Cyrillic text by the letters that Russian lacks: statistics need more words."""
    lower = text.lower()
    found = {language: sum(lower.count(letter) for letter in letters) for language, letters in _TELLING.items()}
    best = max(found, key=lambda language: found[language])
    return best if found[best] else usual


_loading = Lock()


def _identifier(script: str) -> LanguageIdentifier:
    """The model restricted to the languages of one script; it is never changed again, so threads may share it."""
    with _loading:  # many documents arrive at once: each would load a model of 50 MB of its own
        return _restricted(script)


@cache
def _restricted(script: str) -> LanguageIdentifier:
    identifier = copy(_model())
    identifier.set_languages(_LANGUAGES[script])
    return identifier


@cache
def _model() -> LanguageIdentifier:
    # 0.1 s to import and 0.5 s to load, paid by the first text that needs it.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    whole = LanguageIdentifier.from_model_file(MODEL_FILE)
    whole.set_languages([language for languages in _LANGUAGES.values() for language in languages])
    # A new one of these languages alone: the weights of the hundred others would stay in memory with `whole`, 21 MB.
    return LanguageIdentifier(
        *(whole.nb_ptc, whole.nb_pc, whole.nb_classes, whole.tk_nextmove, whole.tk_output),
        norm_probs=True,
        tk_row=whole.tk_row,
    )
