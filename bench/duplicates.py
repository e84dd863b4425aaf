"""Near-duplicates between a set that was tuned on and one that measures: their share of character trigrams."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from math import ceil

LIKENESS = 0.6  # Jaccard index of the trigrams from which two sentences count as the same one


def trigrams(text: str) -> frozenset[str]:
    """Of the folded words, with digits made equal, so that another number makes no other sentence."""
    folded = " ".join(re.findall(r"\w+", re.sub(r"\d", "0", text.casefold().replace("ё", "е"))))
    padded = f"  {folded}  "
    return frozenset(padded[start : start + 3] for start in range(len(padded) - 2))


def near_duplicates(tuned: Iterable[str], measured: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs (tuned, measured) that are at least `LIKENESS` alike."""
    known = [(text, trigrams(text)) for text in tuned]
    holders: dict[str, list[int]] = defaultdict(list)
    for place, (_, grams) in enumerate(known):
        for gram in grams:
            holders[gram].append(place)
    for text in measured:
        grams = trigrams(text)
        # Who is alike has at least this share of them, and so one of its rarest ones: few have to be compared.
        rarest = sorted(grams, key=lambda gram: len(holders[gram]))[: len(grams) - ceil(LIKENESS * len(grams)) + 1]
        for place in sorted({place for gram in rarest for place in holders[gram]}):
            other, others = known[place]
            if len(grams & others) >= LIKENESS * len(grams | others):
                yield other, text
