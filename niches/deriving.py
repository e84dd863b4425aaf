"""Keeps what is computed of imported figures true after an import and after its undoing: sums of regions, formulas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from data.stores.niche_merging import per_year
from data.transaction import Stores
from niches import formulas
from niches.lexicon import adds_up, derived


def complete(tx: Stores, dataset_id: int, import_id: UUID, dataset: Mapping[str, Any]) -> dict[str, Any]:
    """Adds the derived metrics that an import makes possible, and computes all; returns what the dataset holds now."""
    have = [one for one in tx.niches.catalogue().metrics.values() if one.dataset_id == dataset_id]
    names = frozenset(one.name for one in have if not one.derived)
    missing = [one for one in derived(names) if one.name not in {metric.name for metric in have}]
    tx.niche_merging.add_metrics(import_id, dataset_id, dataset, missing, after=len(have))
    recompute(tx, dataset_id, import_id)
    tx.niche_derived.analyze()
    return tx.niche_merging.counts(dataset_id)


def recompute(tx: Stores, dataset_id: int, import_id: UUID) -> None:
    """Computes the sums of regions and every derived metric of a dataset anew."""
    catalogue = tx.niches.catalogue()
    metrics = [one for one in catalogue.metrics.values() if one.dataset_id == dataset_id]
    tx.niche_derived.drop_sums(dataset_id)
    added_up = [one.id for one in metrics if not one.derived and adds_up(one.name)]
    tx.niche_derived.sum_regions(dataset_id, added_up, import_id)
    wanted = [one for one in metrics if one.derived]
    if not wanted:
        return
    needed = sorted({name for one in wanted for name in formulas.names(one.formula)})
    keys, headline, series = tx.niche_derived.base_figures(dataset_id, needed)
    periods = catalogue.datasets[dataset_id].periods
    figures = formulas.Figures(headline, series, keys[:, 1], per_year(periods) if periods else 1)
    for metric in wanted:
        values, along = formulas.evaluate(metric.formula, figures)
        tx.niche_derived.replace_figures(metric.id, import_id, keys, values, along)
