"""Looks up what people and programs name: a niche by id, a region by its English title, a metric by its name."""

from __future__ import annotations

from core.entities.niches import Catalogue, Metric, Niche, Region
from core.errors import NotFound


def niche(catalogue: Catalogue, niche_id: str) -> Niche:
    found = catalogue.niches.get(niche_id)
    if found is None:
        raise NotFound("There is no such niche.")
    return found


def region(catalogue: Catalogue, dataset_id: int, title: str) -> Region:
    """ "" is the region that stands for the whole."""
    for one in catalogue.regions.values():
        if one.dataset_id == dataset_id and one.title == title:
            return one
    raise NotFound("There is no region %(name)s in this dataset.", name=title)


def metrics(catalogue: Catalogue, dataset_id: int) -> list[Metric]:
    return [one for one in catalogue.metrics.values() if one.dataset_id == dataset_id]


def metric(catalogue: Catalogue, dataset_id: int, name: str) -> Metric:
    for one in metrics(catalogue, dataset_id):
        if one.name == name:
            return one
    raise NotFound("There is no metric %(name)s.", name=name)
