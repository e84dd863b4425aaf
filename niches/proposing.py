"""What a language model is asked when the grammar cannot read a question: a plan as JSON, which is checked.

The model writes names of the catalogue, never SQL, and quotes the words of the question that it took for the metric and
for each niche. What it names must be there, what it quotes must stand in the question, and a niche must be among those
that its words find; otherwise the person gets the closest choices.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.entities.niches import Catalogue, Dataset, Niche
from niches import wording
from niches.plan import Plan, Refusal, bind, closest

_JSON = re.compile(r"\{.*\}", re.DOTALL)
_MOST_PLACES = 15  # regions and sectors of a dataset that are told, those most like the question
_MOST_DATASETS = 6
_RULES = """\
You turn a question about figures of business niches into one query. Reply with one JSON object and nothing else.

Keys: "kind", "dataset", "metric", "metric_words", and what the question says of "niches", "niche_words", "region",
"sector", "period", "before", "n", "descending", "function", "by", "comparison", "threshold".
kind: value = the metric of one niche; compare = of two to five niches; top = a ranking of niches ("n", "descending");
group = "function" (sum, mean, median, share) of the metric "by" sector or region, or of all niches (by "");
growth = its change from "before" to "period"; count = how many niches have a value that is "comparison" (> >= < <=)
"threshold", in the metric's unit.
"metric_words" and "niche_words" quote the question: its own words that name the metric, and each niche in turn.
"period" and "before" are first days of months: 2025-06-01. Leave out what the question does not say.
Take names from the lists only, niches by their id. Never take something for a metric or a niche that it is not: if the
question asks for what is not listed, reply {"unknown": "metric", "words": "…"} (or "niche", "region", "question").
"""


class Proposal(Plan):
    """A plan with the words of the question that it was read from."""

    metric_words: str = Field(min_length=1, max_length=300)
    niche_words: list[str] = Field(default_factory=list, max_length=5)


class Unknown(BaseModel):
    """What the model says is not in the lists."""

    model_config = ConfigDict(extra="forbid")

    unknown: Literal["metric", "niche", "region", "sector", "question"]
    words: str = Field(default="", max_length=300)


@dataclass(frozen=True, slots=True)
class Broken:
    """Why a reply cannot be used: a sentence for the model, and what a person is asked back if it stays so."""

    problem: str
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    """A checked plan, or why there is none. `taken` are (words of the question, the id or name they were taken for)."""

    plan: Plan | Refusal
    taken: tuple[tuple[str, str], ...] = ()


def prompt(question: str, catalogue: Catalogue, niches: Sequence[Niche], problem: str = "") -> str:
    """`niches` are those that may be meant; `problem` is what was wrong with the reply before."""
    datasets = sorted(catalogue.datasets.values(), key=lambda one: (one.demo, one.id))[:_MOST_DATASETS]
    listed = "\n".join(f"{one.id} = {one.title}{f' / {one.title_ru}' if one.title_ru else ''} (dataset {catalogue.datasets[one.dataset_id].name})" for one in niches)  # fmt: skip  # noqa: E501
    again = f"\nYour last reply could not be used: {problem} Reply again.\n" if problem else ""
    told = "\n".join(_told(one, catalogue, question) for one in datasets)
    return f"{_RULES}\n{told}\n\nNiches:\n{listed}\n{again}\nQuestion: {question}\nJSON:"


def _told(dataset: Dataset, catalogue: Catalogue, question: str) -> str:
    metrics = [one for one in catalogue.metrics.values() if one.dataset_id == dataset.id]
    months = f"months {dataset.periods[0]:%Y-%m} to {dataset.periods[-1]:%Y-%m}" if dataset.periods else "no months"
    regions = (one.title for one in catalogue.regions.values() if one.dataset_id == dataset.id and one.title)
    sectors = (one.title for one in catalogue.sectors.values() if one.dataset_id == dataset.id)
    lines = [f"Dataset {dataset.name} ({months}), metrics:"]
    lines += [f"  {one.name} = {one.title}{f', {one.unit}' if one.unit else ''}" for one in metrics]
    lines += [f"  {name}: {'; '.join(_like(question, places))}" for name, places in (("regions", regions), ("sectors", sectors))]  # fmt: skip  # noqa: E501
    return "\n".join(lines)


def _like(question: str, titles: Iterable[str]) -> list[str]:
    from rapidfuzz import fuzz  # at first use

    plain = wording.normal(question)
    return sorted(titles, key=lambda one: -fuzz.partial_ratio(wording.normal(one), plain))[:_MOST_PLACES]


def read(
    reply: str, question: str, catalogue: Catalogue, shortlist: Callable[[str], Sequence[Niche]]
) -> Proposed | Broken:
    """What a reply is worth; `shortlist` are the niches that a wording may mean."""
    try:
        said = json.loads(found[0]) if (found := _JSON.search(reply)) else None
        if not isinstance(said, dict):
            return Broken("It is not a JSON object.")
        if "unknown" in said:
            return _unknown(Unknown.model_validate(said), question, catalogue, shortlist)
        return _checked(Proposal.model_validate(said), question, catalogue, shortlist)
    except ValidationError as error:
        first = error.errors()[0]
        return Broken(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.")
    except ValueError:
        return Broken("It is not valid JSON.")


def _unknown(
    said: Unknown, question: str, catalogue: Catalogue, shortlist: Callable[[str], Sequence[Niche]]
) -> Proposed | Broken:
    if said.words and not _quoted(said.words, question):
        return Broken(f'"{said.words}" does not stand in the question.')
    if said.unknown == "metric" and said.words:
        choices = closest(said.words, catalogue.metrics.values())
        return Proposed(Refusal("metric", "There is no metric %(name)s.", {"name": said.words}, choices))
    if said.unknown == "niche" and said.words:
        return Proposed(_no_niche(said.words, shortlist))
    return Proposed(Refusal("question", "This is not a question about figures of niches.", {}))


def _checked(
    said: Proposal, question: str, catalogue: Catalogue, shortlist: Callable[[str], Sequence[Niche]]
) -> Proposed | Broken:
    for words in (said.metric_words, *said.niche_words):
        if not _quoted(words, question):
            return Broken(f'"{words}" does not stand in the question.')
    if len(said.niche_words) != len(said.niches):
        return Broken("niche_words must quote each of niches, in the same order.")
    for id_, words in zip(said.niches, said.niche_words, strict=True):
        near = shortlist(words)
        if id_ not in [one.id for one in near]:
            listed = ", ".join(f"{one.id} = {one.title}" for one in near)
            return Broken(f'"{words}" is not the niche {id_}. It may be {listed}.', _no_niche(words, shortlist))
    plan = Plan.model_validate(said.model_dump(exclude={"metric_words", "niche_words"}))
    bound = bind(plan, catalogue)
    if isinstance(bound, Refusal):
        return Broken(bound.sentence % bound.values, _said_of(bound, said))
    return Proposed(plan, ((said.metric_words, said.metric), *zip(said.niche_words, said.niches, strict=True)))


def _said_of(refusal: Refusal, said: Proposal) -> Refusal:
    """In the question's own words, so that a choice can take their place."""
    return replace(refusal, values={"name": said.metric_words}) if refusal.about == "metric" else refusal


def _no_niche(words: str, shortlist: Callable[[str], Sequence[Niche]]) -> Refusal:
    titles = tuple(one.title for one in shortlist(words)[:5])
    return Refusal("niche", "There is no niche %(name)s. Choose one of those that come close.", {"name": words}, titles)


def _quoted(words: str, question: str) -> bool:
    return bool(wording.words(words)) and wording.normal(words) in wording.normal(question)
