"""Two to five niches side by side: a table of all metrics, and a chart of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from components import narrow, session
from components.i18n import _
from components.niches import address, charts, empty, words
from components.niches import tables as niche_tables
from components.niches import views as niche_views
from core.entities.niches import Catalogue, Metric, Niche
from core.entities.people import Principal
from niches import amounts
from niches.results import Comparison

_MOST = 5
_METRIC = 190  # px: the longest name of a metric
_PICKED = "niches_picked"


def draw(who: Principal) -> None:
    catalogue = session.services().niches.catalogue(who)
    if not catalogue.metrics:
        empty.draw(who)
        return
    chosen = _pick(catalogue)
    if len(chosen) < 2:
        st.info(_("Choose two to five niches to compare."), icon=":material/info:")
        return
    left, right = st.columns(2)
    with left:
        region = _region(catalogue, chosen)
    found = session.services().niches.compare(who, [one.id for one in chosen], region, session.locale())
    metrics = _metrics(catalogue, found)
    if not metrics:
        told = _("There are no figures for this choice. Choose a region or a month: not everything can be added up.")
        st.info(told, icon=":material/info:")
        return
    first = amounts.leading(metrics.values())
    with right:
        shown = address.select(
            "metric", _("Chart shows"), list(metrics), lambda one: words.title(metrics[one]), default=first
        )
    metric = metrics[shown]
    _chart(found, metric)
    _table(found, metrics)
    niche_views.menu(who, " / ".join(map(words.title, found.niches)))


def _pick(catalogue: Catalogue) -> list[Niche]:
    """The niches of the address; once there is one, only those of its dataset can join."""
    ids = [one for one in address.several("niches") if one in catalogue.niches][:_MOST]
    datasets = {catalogue.niches[one].dataset_id for one in ids[:1]}
    options = [one.id for one in catalogue.niches.values() if not datasets or one.dataset_id in datasets]
    options.sort(key=lambda one: words.title(catalogue.niches[one]))
    session.put(_PICKED, [one for one in ids if one in options])
    st.multiselect(
        _("Niches"),
        options,
        format_func=lambda one: _option(catalogue, one),
        key=_PICKED,
        max_selections=_MOST,
        placeholder=_("Type a part of a title"),
        on_change=_keep,
        select_all=False,
    )
    return [catalogue.niches[one] for one in session.get(_PICKED)]


def _option(catalogue: Catalogue, niche_id: str) -> str:
    niche = catalogue.niches[niche_id]
    demo = f" · {_('demo data')}" if catalogue.datasets[niche.dataset_id].demo else ""
    return words.title(niche) + demo


def _keep() -> None:
    address.change(niches=session.get(_PICKED) or "")


def _region(catalogue: Catalogue, chosen: Sequence[Niche]) -> str:
    regions = {
        one.title: words.place(one) for one in catalogue.regions.values() if one.dataset_id == chosen[0].dataset_id
    }
    return address.select(
        "region", _("Region"), sorted(regions, key=lambda one: (bool(one), regions[one])), regions.__getitem__
    )


def _metrics(catalogue: Catalogue, found: Comparison) -> Mapping[str, Metric]:
    have = {name for standings in found.standings.values() for name in standings}
    dataset = found.niches[0].dataset_id
    return {one.name: one for one in catalogue.metrics.values() if one.dataset_id == dataset and one.name in have}


def _chart(found: Comparison, metric: Metric) -> None:
    titles = {niche.id: words.title(niche) for niche in found.niches}
    lines = {titles[id_]: by[metric.name] for id_, by in found.series.items() if metric.name in by}
    values = [(titles[id_], by[metric.name].value) for id_, by in found.standings.items() if metric.name in by]
    values.sort(key=lambda row: -row[1])
    left, right = st.columns(2, gap="medium") if lines else (st.container(), None)
    high = charts.HEIGHT + charts.LEGEND if lines else 180  # as high as the chart beside it
    with left:
        charts.ranking("niches_compare_bars", values, metric, what=_("Niche"), stamp=found.stamp, least=high)
    if right is not None:
        with right:
            charts.months("niches_compare_months", lines, metric, found.stamp)


def _table(found: Comparison, metrics: Mapping[str, Metric]) -> None:
    """On the screen every figure is short and has its unit and rank; the downloads hold the figures in full."""
    import pandas as pd  # at first use

    rows = [
        {"metric": words.title(metric), **{niche.id: _figure(found, niche, metric) for niche in found.niches}}
        for metric in metrics.values()
    ]
    heads = {niche.id: st.column_config.TextColumn(words.title(niche), alignment="right") for niche in found.niches}
    heads |= {"metric": st.column_config.TextColumn(_("Metric"), pinned=True, width=_METRIC)}
    frame = pd.DataFrame(rows)
    with st.container(key="wide_niches_compare"):
        st.dataframe(
            frame, key="niches_compare_table", hide_index=True, column_config=heads, height=35 * (len(rows) + 1) + 3
        )
    narrow.table(
        ["", *map(words.title, found.niches)],
        [
            [narrow.cell(words.title(metric)), *(narrow.cell(*_parts(found, niche, metric)) for niche in found.niches)]
            for metric in metrics.values()
        ],
    )
    niche_tables.footer("niches_compare", found.table, found.stamp, [words.place(found.region)])


def _figure(found: Comparison, niche: Niche, metric: Metric) -> str:
    value, rank = _parts(found, niche, metric)
    return f"{value}  ({rank})" if rank else value


def _parts(found: Comparison, niche: Niche, metric: Metric) -> tuple[str, str]:
    """A figure, and its rank among all niches."""
    standing = found.standings[niche.id].get(metric.name)
    if standing is None:
        return "–", ""
    sign = "№\u00a0" if session.locale() == "ru" else "#"
    return words.short(standing.value, metric), f"{sign}{standing.rank}"
