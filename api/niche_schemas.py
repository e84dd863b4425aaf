"""What the API reads and writes about niches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.inputs import Input, example
from niches.plan import Plan, Refusal
from niches.results import Answer, Cell, Column, Dashboard, KeyFigure, Table
from services.niches.analytics import Hit


class NicheOut(BaseModel):
    id: str
    title: str
    title_ru: str
    sector: str
    score: float = Field(description="How well it fits, 0 to 1.")
    by: str = Field(description="What decided: exact, stem, fuzzy or words.")
    demo: bool

    @classmethod
    def of(cls, hit: Hit) -> NicheOut:
        return cls(
            id=hit.niche.id,
            title=hit.niche.title,
            title_ru=hit.niche.title_ru,
            sector=hit.sector.title if hit.sector else "",
            score=hit.score,
            by=hit.by,
            demo=hit.demo,
        )


class NichesOut(BaseModel):
    niches: list[NicheOut]


class TableOut(BaseModel):
    columns: list[str]
    units: list[str]
    rows: list[list[Cell]]
    total: int = Field(description="Rows there are; `rows` may be fewer.")

    @classmethod
    def of(cls, table: Table) -> TableOut:
        columns: tuple[Column, ...] = table.columns
        return cls(
            columns=[column.key for column in columns],
            units=[column.unit for column in columns],
            rows=[list(row) for row in table.rows],
            total=table.total,
        )


class MetricOut(BaseModel):
    name: str
    title: str
    value: float
    unit: str
    rank: int = Field(description="From 1 at the largest value, among all niches of the dataset.")
    percentile: float
    niches: int
    as_of: str
    source: str
    formula: str = Field(description="Empty for an imported figure.")

    @classmethod
    def of(cls, figure: KeyFigure) -> MetricOut:
        metric, standing = figure.metric, figure.standing
        return cls(
            name=metric.name,
            title=metric.title,
            value=standing.value,
            unit=metric.unit,
            rank=standing.rank,
            percentile=round(standing.percentile, 2),
            niches=standing.niches,
            as_of=metric.as_of,
            source=metric.source,
            formula=metric.formula,
        )


class DashboardOut(BaseModel):
    id: str
    title: str
    title_ru: str
    sector: str
    region: str
    analytics: str
    metrics: list[MetricOut]
    table: TableOut = Field(description="By region.")
    similar: list[NicheOut]
    source: str
    as_of: str
    demo: bool
    notes: list[str] = Field(description="How figures for the whole were made, where the source has none.")

    @classmethod
    def of(cls, found: Dashboard) -> DashboardOut:
        sector, demo = found.sector, found.dataset.demo
        return cls(
            id=found.niche.id,
            title=found.niche.title,
            title_ru=found.niche.title_ru,
            sector=sector.title if sector else "",
            region=found.region.title,
            analytics=found.niche.text or found.niche.text_ru,
            metrics=[MetricOut.of(figure) for figure in found.figures],
            table=TableOut.of(found.regions),
            similar=[NicheOut.of(Hit(niche, None, likeness, "figures", demo)) for niche, likeness in found.similar],
            source=found.stamp.source,
            as_of=found.stamp.as_of,
            demo=demo,
            notes=list(found.notes),
        )


class QuestionIn(Input):
    model_config = example(question="Top 5 niches by revenue")

    question: Annotated[str, Field(min_length=1, max_length=1_000)]


class RefusalOut(BaseModel):
    about: str
    message: str
    choices: list[str]

    @classmethod
    def of(cls, refusal: Refusal) -> RefusalOut:
        return cls(about=refusal.about, message=refusal.sentence % refusal.values, choices=list(refusal.choices))


class AnswerOut(BaseModel):
    question: str
    answer: str = Field(description="One sentence; empty when the question is refused.")
    plan: Plan | None
    sql: str = Field(description="What was run, with its `parameters`.")
    parameters: Mapping[str, Any]
    table: TableOut | None
    chart: dict[str, str]
    unit: str
    source: str
    as_of: str
    demo: bool
    refusal: RefusalOut | None
    article_ids: list[str]
    took_ms: float
    proposed_by: str = Field(description="The language model that read the question; empty where the grammar did.")
    taken: dict[str, str] = Field(description="Words of the question, and the metric or niche that it took them for.")

    @classmethod
    def of(cls, found: Answer) -> AnswerOut:
        stamp = found.stamp
        return cls(
            question=found.question,
            answer=found.text,
            plan=found.plan,
            sql=found.sql,
            parameters=found.parameters,
            table=TableOut.of(found.table) if found.table else None,
            chart={"kind": found.chart.kind, "x": found.chart.x, "y": found.chart.y},
            unit=found.metric.unit if found.metric else "",
            source=stamp.source if stamp else "",
            as_of=stamp.as_of if stamp else "",
            demo=bool(stamp and stamp.demo),
            refusal=RefusalOut.of(found.refusal) if found.refusal else None,
            article_ids=list(found.article_ids),
            took_ms=found.took_ms,
            proposed_by=found.proposal.model if found.proposal else "",
            taken=dict(found.proposal.taken) if found.proposal else {},
        )
