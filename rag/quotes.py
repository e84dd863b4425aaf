"""Picks the one to four sentences of the passages that answer a question best; no language model takes part."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from core.entities.retrieval import Passage
from rag import amounts
from rag.citations import neutral
from rag.evidence import spoken_of
from rag.lexical.analysis import content_terms
from rag.sentences import Sentence, split

MOST_SENTENCES = 4
LONGEST_QUOTE = 420  # characters of one sentence; longer ones are cut at a word
_PASSAGES_READ = 8
_READ_FOR_NUMBERS = 5
_WEAKEST = 0.12  # share of the question's weight that the best sentence must cover to be quoted at all
_FROM_CONTEXT = 0.45  # what a term in the title or heading counts, against one in the sentence itself
_NEW_COVERAGE = 0.12  # share of the question's weight that a further sentence must add
_NEW_FROM_ELSEWHERE = 0.25  # the same, where it comes from another passage: one rare word alone brings in noise
_ABOUT = 0.6  # a title that covers this much of the question: the passage as a whole is the answer
_NAMED_TERMS = 2  # of the question, in such a title at least
_OUTWEIGHS = 0.25  # a single sentence that covers so much more of the question is preferred to the article
_COHERENT_LENGTH = 600  # characters of consecutive sentences quoted from such a passage
_AMOUNT = re.compile(
    r"\b(?:how (?:many|much|long|old|often|far)|when|what (?:year|date|time)|"
    r"сколько|когда|в каком году|какого числа|как (?:долго|часто))\b",
    re.IGNORECASE,
)
_WHO = re.compile(r"\W*(?:and |а |и )?(?:who|whom|whose|кто|кого|кому|кем|чей|чья)\b", re.IGNORECASE)
_NAME = re.compile(r"(?<=[\w,:;(«\"] )[«\"]?[A-ZА-ЯЁ][\w’'-]*[a-zа-яё]\w*(?: [A-ZА-ЯЁ][\w’'.-]*)+|[«\"][A-ZА-ЯЁ]\w+")
_NAMES = 0.15  # what a name is worth where the question asks who
_LEANS_BACK = re.compile(
    r"(?:it|this|that|these|those|they|he|she|such|him|her|"
    r"он[аио]?|это[тй]?|эт[аиу]|так(?:ой|ая|ие|ое)|его|её|их|при этом)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    passage: int  # from 0, as the passages are ordered
    position: int
    sentence: Sentence
    terms: frozenset[str]
    context: frozenset[str]


def quote(question: str, passages: Sequence[Passage]) -> str:
    """The chosen sentences in source order, each run of one passage followed by its `[n]`; "" when none answers."""
    asked = {one.language: frozenset(content_terms(question, one.language)) for one in passages}
    candidates = _candidates(passages[:_PASSAGES_READ], asked)
    chosen = _choose(question, passages, candidates, asked)
    if _number_is_missing(question, passages, chosen, candidates):
        return ""
    chosen.sort(key=lambda candidate: (candidate.passage, candidate.position))
    runs = groupby(chosen, key=lambda candidate: candidate.passage)
    return " ".join(f"{_read(list(run))} [{passage + 1}]" for passage, run in runs)


def _number_is_missing(
    question: str, passages: Sequence[Passage], chosen: list[_Candidate], candidates: list[_Candidate]
) -> bool:
    """Whether the quotation speaks of what is asked the number of, and neither it nor the best passages tell that. The
    title of an article that asks for the number itself is trusted."""
    what = amounts.counted(question)
    if not what or any(amounts.counted(passages[one.passage].title) for one in chosen):
        return False
    read = (chosen, [one for one in candidates if one.passage < _READ_FOR_NUMBERS])
    told = ((passages[ones[0].passage].language, [one.sentence.text for one in ones]) for ones in read if ones)
    if not chosen:
        return False
    spoken = passages[chosen[0].passage].language
    near = [one for one in passages[:_PASSAGES_READ] if one.language == spoken]
    if amounts.unspoken(what, [f"{one.title}\n{one.heading}\n{one.text}" for one in near], spoken):
        return True
    return all(amounts.missing(what, texts, language) for language, texts in told)


def _candidates(passages: Sequence[Passage], asked: dict[str, frozenset[str]]) -> list[_Candidate]:
    found: list[_Candidate] = []
    seen: set[str] = set()
    for number, passage in enumerate(passages):
        context = frozenset(content_terms(f"{passage.title} {passage.heading}", passage.language))
        for position, sentence in enumerate(split(neutral(passage.text))):
            if sentence.heading:
                context |= frozenset(content_terms(sentence.text, passage.language))
            elif sentence.text not in seen:  # overlapping chunks repeat sentences
                seen.add(sentence.text)
                terms = frozenset(content_terms(sentence.text, passage.language))
                meant = context | spoken_of(asked[passage.language], context)
                found.append(_Candidate(number, position, sentence, terms, meant))
    return found


def _choose(
    question: str, passages: Sequence[Passage], candidates: list[_Candidate], asked: dict[str, frozenset[str]]
) -> list[_Candidate]:
    weights = _rarity(frozenset().union(*asked.values()), candidates)
    scored = []
    for candidate in candidates:
        terms = asked[passages[candidate.passage].language]
        scored.append((_score(question, terms, weights, candidate, passages), candidate))
    if not scored:
        return []
    best_score, best = max(scored, key=_order)
    terms = asked[passages[best.passage].language]
    if _coverage(terms, weights, best) < _WEAKEST:
        return []
    article = _article(asked, passages, candidates, weights)
    if article is not None and article[0] + _OUTWEIGHS >= _known_share(best.terms & terms, terms, weights, candidates):
        return _coherent([pair for pair in scored if pair[1].passage == article[1]])
    return _complement(best, best_score, scored, terms, weights, candidates)


def _order(pair: tuple[float, _Candidate]) -> tuple[float, int, int]:
    score, candidate = pair
    return score, -candidate.passage, -candidate.position


def _article(
    asked: dict[str, frozenset[str]],
    passages: Sequence[Passage],
    candidates: list[_Candidate],
    weights: dict[str, float],
) -> tuple[float, int] | None:
    """The passage whose title and headings cover most of the question, with that share; None if none is about it."""
    shares: dict[int, float] = {}
    for candidate in candidates:
        terms = asked[passages[candidate.passage].language]
        named = candidate.context & terms
        if len(named) >= _NAMED_TERMS:
            share = _known_share(named, terms, weights, candidates)
            shares[candidate.passage] = max(share, shares.get(candidate.passage, 0.0))
    about = max(((share, -number) for number, share in shares.items()), default=(0.0, 0))
    return (about[0], -about[1]) if about[0] >= _ABOUT else None


def _known_share(
    found: frozenset[str], terms: frozenset[str], weights: dict[str, float], candidates: list[_Candidate]
) -> float:
    """The share of those terms of the question that occur in the passages at all."""
    known = terms & frozenset().union(*(candidate.terms | candidate.context for candidate in candidates))
    return _share(found, known, weights)


def _rarity(terms: frozenset[str], candidates: list[_Candidate]) -> dict[str, float]:
    """Inverse document frequency over the sentences at hand (BM25's, so never negative)."""
    frequency = Counter(term for candidate in candidates for term in candidate.terms & terms)
    total = len(candidates)
    return {term: math.log(1 + (total - frequency[term] + 0.5) / (frequency[term] + 0.5)) for term in sorted(terms)}


def _share(found: frozenset[str], terms: frozenset[str], weights: dict[str, float]) -> float:
    whole = math.fsum(weights[term] for term in terms)
    return math.fsum(weights[term] for term in found) / whole if whole else 0.0


def _coverage(terms: frozenset[str], weights: dict[str, float], candidate: _Candidate) -> float:
    own = candidate.terms & terms
    return _share(own, terms, weights) + _FROM_CONTEXT * _share((candidate.context & terms) - own, terms, weights)


def _score(
    question: str,
    terms: frozenset[str],
    weights: dict[str, float],
    candidate: _Candidate,
    passages: Sequence[Passage],
) -> float:
    score = _coverage(terms, weights, candidate)
    score += 0.12 / (1 + candidate.passage) + 0.1 * (passages[candidate.passage].similarity or 0.0)
    if _AMOUNT.search(question) and re.search(r"\d", candidate.sentence.text):
        score += 0.08
    if _WHO.match(question):
        score += _NAMES * _names(candidate.sentence.text)
    if len(candidate.terms) < 3:
        score -= 0.1
    if candidate.sentence.text.endswith("?"):
        score -= 0.15
    return score - 0.05 * max(0.0, len(candidate.sentence.text) / LONGEST_QUOTE - 1)


def _names(text: str) -> bool:
    """Whether somebody is named: two words with capitals that do not begin the sentence, or one in quotation marks."""
    return _NAME.search(text) is not None


def _coherent(scored: list[tuple[float, _Candidate]]) -> list[_Candidate]:
    """The beginning of an article about the question, which is its answer, and its best sentence if that is later."""
    own = [candidate for _, candidate in scored]
    best = max(scored, key=_order)[1]
    later = best not in own[:MOST_SENTENCES]
    chosen = [own[0]]
    for candidate in own[1 : MOST_SENTENCES - 1 if later else MOST_SENTENCES]:
        if sum(len(one.sentence.text) for one in chosen) + len(candidate.sentence.text) > _COHERENT_LENGTH:
            break
        chosen.append(candidate)
    return chosen if best in chosen or not later else [*chosen, best]


def _complement(
    best: _Candidate,
    best_score: float,
    scored: list[tuple[float, _Candidate]],
    terms: frozenset[str],
    weights: dict[str, float],
    candidates: list[_Candidate],
) -> list[_Candidate]:
    """The best sentence, those that cover what it leaves open, and the one before where it leans on it."""
    chosen, covered = [best], best.terms & terms
    for score, candidate in sorted(scored, key=lambda pair: -pair[0]):
        gain = _share((candidate.terms & terms) - covered, terms, weights)
        if score < 0.5 * best_score or len(chosen) == MOST_SENTENCES - 1:
            break
        needed = _NEW_COVERAGE if candidate.passage == best.passage else _NEW_FROM_ELSEWHERE
        if candidate is not best and gain >= needed:
            chosen.append(candidate)
            covered |= candidate.terms & terms
    before = candidates.index(best) - 1
    if _LEANS_BACK.match(best.sentence.text) and before >= 0 and candidates[before] not in chosen:
        neighbour = candidates[before]
        if neighbour.passage == best.passage and neighbour.sentence.paragraph == best.sentence.paragraph:
            chosen.append(neighbour)
    return chosen


def _read(run: list[_Candidate]) -> str:
    return " ".join(_cut(candidate.sentence.text) for candidate in run)


def _cut(sentence: str) -> str:
    if len(sentence) <= LONGEST_QUOTE:
        return sentence
    return sentence[:LONGEST_QUOTE].rsplit(maxsplit=1)[0].rstrip(",;:—– ") + "…"
