"""Questions whose words nobody knows, spelt as the passages of a collection spell them: "upluad" is "upload".

A word is set right only where neither the collections nor the language know it. Numbers, names and codes never are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from core.errors import Unavailable
from rag.lexical import Lexical
from rag.lexical.analysis import FUNCTION_WORDS, content_terms, fold

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_TOKEN, _WORD = re.compile(r"\S+"), re.compile(r"[^\W\d_]+")
_CODE = re.compile(r"[\d_@/\\]|\w[.:]\w")  # what holds one of these is no word
_ENDINGS = re.compile(r"(?<=\w{3})(?:ings?|ed|es|er|ly|[sd])$")
_FEWEST_LETTERS = 4
_FEW_EDITS, _LONG = 1, 8  # a word of so many letters may have one mistake more
_MOST_WORDS = 6  # of one question
_FUNCTION_WORDS = frozenset(map(fold, FUNCTION_WORDS))


class Spelt(NamedTuple):
    """A question set right; `words` are those of the passages that were put into it."""

    question: str
    words: tuple[str, ...]


class Speller:
    """`tokenizer` opens that of an embedding model, whose vocabulary has the common words of English; None where there
    is none. Safe to call from several threads."""

    def __init__(self, lexical: Lexical, tokenizer: Callable[[], Tokenizer | None]) -> None:
        self._lexical, self._open_tokenizer = lexical, tokenizer

    @cached_property
    def _tokenizer(self) -> Tokenizer | None:
        try:
            return self._open_tokenizer()
        except Unavailable:  # the model is not exported; what the collections know has to do
            return None

    def spelt(self, name: str, question: str) -> Spelt | None:
        """`question` by the vocabulary of the collection version `name`; None where nothing is to be set right."""
        text, put = question, []
        for word in reversed(list(islice(self._unknown(question), _MOST_WORDS))):
            if best := self._nearest(name, fold(word[0]).lower()):
                text = text[: word.start()] + best + text[word.end() :]
                put.append(best)
        return Spelt(text, tuple(one for one in put if one not in _FUNCTION_WORDS)) if put else None

    def _unknown(self, question: str) -> Iterator[re.Match[str]]:
        """The words that neither a collection nor the language knows."""
        for token in _TOKEN.finditer(question):
            if _CODE.search(token[0]):
                continue
            for word in _WORD.finditer(question, token.start(), token.end()):
                named = any(letter.isupper() for letter in word[0][1 if word.start() == 0 else 0 :])
                if len(word[0]) >= _FEWEST_LETTERS - 1 and not named and not self._known(fold(word[0]).lower()):
                    yield word

    def _known(self, word: str) -> bool:
        if not all(content_terms(word, language) for language in ("en", "ru")):
            return True  # a function word
        return any(self._lexical.holds(name, word) for name in self._lexical.names()) or self._is_english(word)

    def _is_english(self, word: str) -> bool:
        tokenizer, bare = self._tokenizer, _ENDINGS.sub("", word)
        forms = (word, bare, f"{bare}e")
        return tokenizer is not None and any(tokenizer.token_to_id(one) is not None for one in forms)

    def _nearest(self, name: str, word: str) -> str:
        """The word of the passages with the fewest mistakes, of those the most frequent; "" where none is near. The
        first letter is taken to be right; a short word may be a function word alone."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        most = _FEW_EDITS + (len(word) >= _LONG)
        counted = dict.fromkeys(sorted(_FUNCTION_WORDS), 0)
        if len(word) >= _FEWEST_LETTERS:
            counted |= dict(self._lexical.words(name, word[0]))
        usable = [one for one in counted if one.isalpha() and abs(len(one) - len(word)) <= most and one[0] == word[0]]
        near = process.extract(word, usable, scorer=OSA.distance, score_cutoff=most, limit=None)
        return min(((edits, -counted[one], one) for one, edits, _ in near), default=(0, 0, ""))[2]
