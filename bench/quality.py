"""Quality of retrieval and of refusals on XQuAD, through `GET /api/search`: one document per paragraph."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from bench import xquad
from bench.house import House, house, table

K = 10
FALSE_REFUSALS = 0.1
# recall@1 / recall@5 / MRR@10 of other ways on the same paragraphs.
REFERENCE = {
    "BM25, language's own stemmer": {"en": (0.932, 0.987, 0.958), "ru": (0.908, 0.982, 0.940)},
    "vectors alone (MiniLM)": {"en": (0.885, 0.982, 0.928), "ru": (0.113, 0.263, 0.178)},
    "reciprocal rank fusion, k=60": {"en": (0.936, 0.993, 0.962), "ru": (0.382, 0.608, 0.476)},
    "reciprocal rank fusion, k=10": {"en": (0.940, 0.995, 0.965), "ru": (0.473, 0.919, 0.647)},
}
_SHARES = ("refused", "default_refused", "default_false")
ASKED_FOR = {
    "en": {"recall_5": 0.985, "mrr_10": 0.955, "refused": 0.82},
    "ru": {"recall_5": 0.98, "mrr_10": 0.935, "refused": 0.79},
}


def run() -> dict[str, Any]:
    """Per language `retrieval` (recall_1, recall_5, mrr_10, median milliseconds) and `refusals` (see `refusals`)."""
    with house() as built:
        return {
            language: {"retrieval": retrieval(built, language), "refusals": refusals(built, language)}
            for language in xquad.LANGUAGES
        }


def load(built: House, language: str, keep: slice = slice(None), name: str = "all") -> tuple[str, dict[str, int]]:
    """A collection of the kept paragraphs, and the paragraph of each document id."""
    collection = f"xquad-{language}-{name}"
    built.collection(collection)
    paragraphs = list(enumerate(xquad.load(language).paragraphs))[keep]
    ids = built.load(collection, {f"paragraph {number}.txt": text for number, text in paragraphs})
    return collection, {str(ids[f"paragraph {number}.txt"]): number for number, _ in paragraphs}


def retrieval(built: House, language: str) -> dict[str, float]:
    collection, paragraph_of = load(built, language)
    ranks: list[int | None] = []
    took: list[float] = []
    for question in xquad.load(language).questions:
        started = time.perf_counter()
        hits = built.search(collection, question.text, K)["hits"]
        took.append((time.perf_counter() - started) * 1000)
        found = list(dict.fromkeys(paragraph_of[hit["document_id"]] for hit in hits))
        ranks.append(found.index(question.paragraph) + 1 if question.paragraph in found else None)
    return {**_measures(ranks), "p50_ms": round(float(np.median(took)), 1)}


def _measures(ranks: Sequence[int | None]) -> dict[str, float]:
    def recall(k: int) -> float:
        return sum(1 for rank in ranks if rank and rank <= k) / len(ranks)

    mrr = sum(1 / rank for rank in ranks if rank) / len(ranks)
    return {"recall_1": round(recall(1), 3), "recall_5": round(recall(5), 3), "mrr_10": round(mrr, 3)}


def refusals(built: House, language: str) -> dict[str, float]:
    """Every second paragraph taken out, once the even and once the odd ones.

    `refused`: share of the questions whose paragraph is gone that are refused, where one in ten of those whose
    paragraph is there is refused too. `default_refused` and `default_false`: both shares at the product's threshold.
    """
    found = [_refusals(built, language, kept) for kept in (0, 1)]
    return {key: round(sum(one[key] for one in found) / 2, 3) for key in found[0]}


def _refusals(built: House, language: str, kept: int) -> dict[str, float]:
    collection, _ = load(built, language, slice(kept, None, 2), f"half-{kept}")
    there: list[tuple[float, bool]] = []
    gone: list[tuple[float, bool]] = []
    for question in xquad.load(language).questions:
        answer = built.search(collection, question.text, K)
        side = there if question.paragraph % 2 == kept else gone
        side.append((answer["evidence"], answer["answerable"]))
    threshold = float(np.quantile([evidence for evidence, _ in there], FALSE_REFUSALS))
    return {
        "threshold": threshold,
        "refused": sum(evidence < threshold for evidence, _ in gone) / len(gone),
        "default_refused": sum(not answerable for _, answerable in gone) / len(gone),
        "default_false": sum(not answerable for _, answerable in there) / len(there),
    }


def report(result: dict[str, Any]) -> str:
    """Markdown, beside the reference table."""
    rows: list[list[object]] = [
        [name, *(" / ".join(f"{value:.3f}" for value in values[language]) for language in xquad.LANGUAGES)]
        for name, values in REFERENCE.items()
    ]
    ours = {language: result[language]["retrieval"] for language in xquad.LANGUAGES}
    mine = [" / ".join(f"{ours[language][key]:.3f}" for key in ("recall_1", "recall_5", "mrr_10")) for language in ours]
    shares = {language: result[language]["refusals"] for language in xquad.LANGUAGES}
    refused = [
        [language, *(f"{found[key]:.3f}" for key in _SHARES), ASKED_FOR[language]["refused"]]
        for language, found in shares.items()
    ]
    return "\n\n".join(
        (
            "recall@1 / recall@5 / MRR@10",
            table(["XQuAD", *xquad.LANGUAGES], [*rows, ["**Nichewise, /api/search**", *mine]]),
            "Questions whose paragraph was taken out: share refused",
            table(
                ["", "at 10 % false refusals", "at the default threshold", "false refusals there", "asked for"], refused
            ),
        )
    )


def main() -> None:
    result = run()
    print(report(result))
    for language, asked in ASKED_FOR.items():
        found = {**result[language]["retrieval"], **result[language]["refusals"]}
        for key, least in asked.items():
            assert found[key] >= least, f"{language}: {key} is {found[key]}, below {least}"


if __name__ == "__main__":
    main()
