"""Keeps the derived metrics of a dataset what their formulas say, after an import and after its undoing."""

from __future__ import annotations

from uuid import UUID

from data.stores.niche_imports import per_year
from data.transaction import Stores
from niches import formulas


def recompute(tx: Stores, dataset_id: int, import_id: UUID) -> int:
    """Computes every derived metric of a dataset anew; returns how many there are."""
    catalogue = tx.niches.catalogue()
    wanted = [one for one in catalogue.metrics.values() if one.dataset_id == dataset_id and one.derived]
    needed = sorted({name for one in wanted for name in formulas.names(one.formula)})
    if not wanted:
        return 0
    keys, headline, series = tx.niches.base_figures(dataset_id, needed)
    periods = catalogue.datasets[dataset_id].periods
    figures = formulas.Figures(headline, series, keys[:, 1], per_year(periods) if periods else 1)
    for metric in wanted:
        values, along = formulas.evaluate(metric.formula, figures)
        tx.niches.replace_figures(metric.id, import_id, keys, values, along)
    return len(wanted)
