"""Answers a plan: runs its query read-only and makes table, chart and sentence of what it finds."""

from __future__ import annotations

from core.entities.niches import Catalogue
from data.transaction import Stores
from niches import sentences, tables
from niches.plan import Bound, Plan, Refusal, bind
from niches.results import Answer


def answer(tx: Stores, catalogue: Catalogue, question: str, plan: Plan | Refusal, language: str) -> Answer:
    """The answer to `question`; the transaction becomes read-only. What does not fit the catalogue is refused."""
    if isinstance(plan, Refusal):
        return Answer(question, refusal=plan)
    bound = bind(plan, catalogue)
    if isinstance(bound, Refusal):
        return Answer(question, plan=plan, refusal=bound)
    return _answered(tx, catalogue, question, bound, language)


def _answered(tx: Stores, catalogue: Catalogue, question: str, bound: Bound, language: str) -> Answer:
    found = tx.niche_figures.run(bound.query)
    table, chart = tables.of_rows(bound, found, catalogue, language)
    return Answer(
        question=question,
        plan=bound.plan,
        table=table,
        chart=chart,
        text=sentences.write(bound, found, language),
        metric=bound.metric,
        stamp=tables.stamp(bound.dataset, bound.metric),
        sql=found.sql,
        parameters=found.parameters,
        took_ms=found.took_ms,
        article_ids=tuple(niche.article_id for niche in bound.niches if niche.article_id),
    )
