"""A linear classifier of short messages over hashed character and word n-grams; at run time it is NumPy alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BUCKETS = 2**16  # of hashed features; fewer lose accuracy to collisions, more only fill the file
HEAD, TAIL = 500, 200  # characters that are read of a long message: what is wanted stands first or last
_STRENGTH = 20.0  # inverse of the regularisation
_CHARACTERS = range(3, 6)  # lengths of the character n-grams, within words and their borders
_LONGEST_WORD, _STEM = 24, 5  # characters
_EMAIL = re.compile(r"[^\s@<>,;:]{1,64}@[^\s@<>,;:]{1,100}\.[^\s@<>,;:.]{2,20}")
_CODE = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}(?!\d)")
_NUMBER = re.compile(r"\d+")
Floats = NDArray[np.float32]
Buckets = NDArray[np.int64]
_WORD = re.compile(r"\w+|[?!:]")


def words_of(text: str) -> list[str]:
    """The words as the classifier sees them: folded, with e-mails, six-digit codes and numbers made alike."""
    text = text if len(text) <= HEAD + TAIL else f"{text[:HEAD]} {text[-TAIL:]}"
    folded = text.casefold().replace("ё", "е")
    marked = _NUMBER.sub("0", _CODE.sub(" _code_ ", _EMAIL.sub(" _email_ ", folded)))
    return [word[:_LONGEST_WORD] for word in _WORD.findall(marked)]


def features(text: str) -> Buckets:
    """The buckets that `text` falls into, each once, ascending."""
    return buckets(grams(words_of(text)))


def buckets(found: Iterable[str]) -> Buckets:
    """Of features that are named by texts."""
    return np.array(sorted({crc32(gram.encode()) % BUCKETS for gram in found}), dtype=np.int64)


def grams(words: Sequence[str]) -> Iterator[str]:
    yield from (f"w {word}" for word in words)
    yield from (f"h {word}" for word in words[:2])
    yield f"n {min(len(words), 8)}"
    yield from (f"b {first} {second}" for first, second in pairwise(["^", *words, "$"]))
    stems = [word[:_STEM] for word in words]  # stands in for a stemmer in both languages
    yield from (f"s {stem}" for stem in stems)
    yield from (f"t {first} {second}" for first, second in pairwise(["^", *stems, "$"]))
    for word in words:
        padded = f" {word} "
        for length in _CHARACTERS:
            yield from (f"c{padded[start : start + length]}" for start in range(len(padded) - length + 1))


@dataclass(frozen=True)
class Classifier:
    """`weights` is classes x BUCKETS, `bias` one number a class, in the order of `labels`; `rarity` is the weight of
    a feature in a text's vector, which has length 1, so that long and short messages weigh the same."""

    labels: tuple[str, ...]
    weights: Floats
    bias: Floats
    rarity: Floats

    def scores(self, text: str) -> dict[str, float]:
        """A probability for every label; they sum to 1."""
        return self.scored(features(text))

    def scored(self, found: Buckets) -> dict[str, float]:
        """The same of a text's buckets."""
        logits = self.bias + self.weights[:, found] @ unit(self.rarity[found])
        exponents = np.exp(logits - logits.max())
        return dict(zip(self.labels, (exponents / exponents.sum()).tolist(), strict=True))

    def save(self, path: Path) -> None:
        """Half precision: it halves the file and changes no decision."""
        weights, rarity = self.weights.astype(np.float16), self.rarity.astype(np.float16)
        np.savez_compressed(path, labels=np.array(self.labels), weights=weights, bias=self.bias, rarity=rarity)

    @classmethod
    def load(cls, path: Path) -> Classifier:
        with np.load(path, allow_pickle=False) as file:
            labels = tuple(str(label) for label in file["labels"])
            weights, bias, rarity = (file[name].astype(np.float32) for name in ("weights", "bias", "rarity"))
        return cls(labels, weights, bias, rarity)


def fit(rows: Sequence[Buckets], labels: Sequence[str], strength: float = _STRENGTH) -> Classifier:
    """A classifier of texts by their buckets; the same ones always give the same one. Needs scikit-learn."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    columns = np.concatenate(rows)
    seen = np.bincount(columns, minlength=BUCKETS)
    rarity = (np.log((1 + len(rows)) / (1 + seen)) + 1).astype(np.float32)
    values = np.concatenate([unit(rarity[row]) for row in rows])
    matrix = csr_matrix((values, columns, np.cumsum([0, *map(len, rows)])), shape=(len(rows), BUCKETS))
    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=1000).fit(matrix, labels)
    named = tuple(str(label) for label in model.classes_)
    return Classifier(named, model.coef_.astype(np.float32), model.intercept_.astype(np.float32), rarity)


def unit(vector: Floats) -> Floats:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)
