"""How text becomes search terms: folding, tokens, stems and stop words, the same when indexing, asking and weighing."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

# ISO 639-1 code -> name of the Snowball stemmer.
STEMMERS = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}

_WITHOUT_STOP_WORDS = frozenset({"ar", "el", "ro", "ta", "tr"})  # tantivy stems these but has no list for them
_MAX_TERM_BYTES = 80

# The stemmers' own English list has 33 words and no question words; a question is full of both.
_ENGLISH_FUNCTION_WORDS = (
    "a about after all also am an and any are as at be because been before being between both but by can could did "
    "do does doing done during each else for from had has have having he her hers him his how i if in into is it "
    "its itself just let like made make many may me might more most much must my name named of off on once one only "
    "or other our out over own please shall she should so some such tell than that the their them then there these "
    "they this those through to too under until up upon us use used very was we were what when where which while "
    "who whom whose why will with within without would you your yours"
)
# The Russian list lacks the forms in which a question names what it asks for.
_RUSSIAN_FUNCTION_WORDS = (
    "каков какова каково каковы каким какими каких какому какой какую какая какое какие которая которого которое "
    "которой котором которому которую которые который которых которыми чей чья чьё чье чьи чьей чьего чьих сколько "
    "скольких скольким почему зачем откуда куда где когда кто что кем чем чём кого чего кому чему ком как также "
    "является являются являлся являлась являлось являлись это этот эта эти этого этой этих этим этому был была было "
    "были быть назовите называется называются называлась назывался называли называют укажите"
)
_FUNCTION_WORDS = {"en": _ENGLISH_FUNCTION_WORDS, "ru": _RUSSIAN_FUNCTION_WORDS}
FUNCTION_WORDS = tuple(f"{_ENGLISH_FUNCTION_WORDS} {_RUSSIAN_FUNCTION_WORDS}".split())

_UNSPACED = re.compile(r"([\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af])")


def fold(text: str) -> str:
    """`text` with compatibility forms, ё and soft hyphens folded; scripts written without spaces get one per letter."""
    whole = text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")  # no halves of surrogate pairs
    folded = unicodedata.normalize("NFKC", whole).replace("\u00ad", "").replace("ё", "е").replace("Ё", "Е")
    return _UNSPACED.sub(r" \1 ", folded)


@cache
def analyzer(language: str) -> Any:
    """The tantivy analyzer of `language`; one without a stemmer gets lower-cased words with accents folded."""
    # Imported here: start-up must not wait for it.
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(_MAX_TERM_BYTES))
    builder = builder.filter(Filter.lowercase())
    stemmer = STEMMERS.get(language)
    return builder.filter(Filter.stemmer(stemmer) if stemmer else Filter.ascii_fold()).build()


@cache
def _without_function_words(language: str) -> Any:
    from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

    builder = TextAnalyzerBuilder(Tokenizer.simple()).filter(Filter.remove_long(_MAX_TERM_BYTES))
    builder = builder.filter(Filter.lowercase())
    if language in STEMMERS and language not in _WITHOUT_STOP_WORDS:
        builder = builder.filter(Filter.stopword(STEMMERS[language]))
    own = [fold(word) for word in _FUNCTION_WORDS.get(language, "").split()]
    if own:
        builder = builder.filter(Filter.custom_stopword(own))
    if language in STEMMERS:
        builder = builder.filter(Filter.stemmer(STEMMERS[language]))
    return builder.build()


def terms(text: str, language: str) -> list[str]:
    """Every term of `text` in order, as the field of `language` holds them ("" = the unstemmed field)."""
    found: list[str] = analyzer(language).analyze(fold(text))
    return found


def content_terms(text: str, language: str) -> list[str]:
    """The terms of `text` that carry meaning, in order: no articles, pronouns, question words."""
    found: list[str] = _without_function_words(language).analyze(fold(text))
    return found
