"""Near-duplicates between a set that was tuned on and one that measures: their share of character trigrams."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

LIKENESS = 0.6  # Jaccard index of the trigrams from which two sentences count as the same one


def trigrams(text: str) -> frozenset[str]:
    """Of the folded words, with digits made equal, so that another number makes no other sentence."""
    folded = " ".join(re.findall(r"\w+", re.sub(r"\d", "0", text.casefold().replace("ё", "е"))))
    padded = f"  {folded}  "
    return frozenset(padded[start : start + 3] for start in range(len(padded) - 2))


def near_duplicates(tuned: Iterable[str], measured: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs (tuned, measured) that are at least `LIKENESS` alike."""
    known = [(text, trigrams(text)) for text in tuned]
    for text in measured:
        grams = trigrams(text)
        for other, others in known:
            if len(grams & others) >= LIKENESS * len(grams | others):
                yield other, text
