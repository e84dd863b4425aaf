"""The leaderboard: niches by a metric, largest or smallest first, by region and sector; ticked ones are compared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st

from components import session
from components.i18n import N_, _
from components.markup import plain
from components.niches import address, charts, empty, words
from components.niches import tables as niche_tables
from components.niches import views as niche_views
from core.entities.niches import Catalogue, Dataset, Metric
from core.entities.people import Principal
from niches import amounts
from niches.results import Answer

_ENDS = {"top": N_("Largest first"), "bottom": N_("Smallest first")}
_COUNTS = ("10", "25", "50", "100")
_MOST = 5


def draw(who: Principal) -> None:
    catalogue = session.services().niches.catalogue(who)
    if not catalogue.metrics:
        empty.draw(who)
        return
    with st.container(key="niches_filters"):
        left, right = st.columns(2)
        with left:
            dataset = _dataset(catalogue)
        with right:
            metric = _metric(catalogue, dataset)
        region, sector, period, count, end = _filters(catalogue, dataset)
    answer = session.services().niches.questions.leaderboard(
        who,
        dataset.name,
        metric.name,
        region=region,
        sector=sector,
        period=date.fromisoformat(period) if period else None,
        n=int(count),
        descending=end == "top",
        language=session.locale(),
    )
    if answer.refusal or answer.table is None or not answer.table.rows:
        told = _("There are no figures for this choice. Choose a region or a month: not everything can be added up.")
        st.info(told, icon=":material/info:")
        return
    _ranked(who, answer, metric)


def _dataset(catalogue: Catalogue) -> Dataset:
    """The dataset that the address names, chosen where there are several; real figures come before demo ones."""
    datasets = {one.name: one for one in sorted(catalogue.datasets.values(), key=lambda one: (one.demo, one.id))}
    name = address.select(
        "dataset",
        _("Figures of"),
        list(datasets),
        lambda one: words.dataset(datasets[one]),
        default=next(iter(datasets)),
    )
    return datasets[name]


def _metric(catalogue: Catalogue, dataset: Dataset) -> Metric:
    metrics = {one.name: one for one in catalogue.metrics.values() if one.dataset_id == dataset.id}
    name = address.select(
        "metric",
        _("Metric"),
        list(metrics),
        lambda one: words.title(metrics[one]),
        default=amounts.leading(metrics.values()),
    )
    return metrics[name]


def _filters(catalogue: Catalogue, dataset: Dataset) -> tuple[str, str, str, str, str]:
    regions = {one.title: words.place(one) for one in catalogue.regions.values() if one.dataset_id == dataset.id}
    sectors = {"": _("All sectors")} | {
        one.title: words.title(one) for one in catalogue.sectors.values() if one.dataset_id == dataset.id
    }
    periods = {"": _("The last year")} | {
        f"{one}": amounts.month(one, session.locale()) for one in reversed(dataset.periods)
    }
    places = st.columns(5 if dataset.periods else 4)
    with places[0]:
        region = address.select(
            "region", _("Region"), sorted(regions, key=lambda one: (bool(one), regions[one])), regions.__getitem__
        )
    with places[1]:
        sector = address.select(
            "sector", _("Sector"), sorted(sectors, key=lambda one: (bool(one), sectors[one])), sectors.__getitem__
        )
    with places[2]:
        end = address.select("order", _("Order"), list(_ENDS), lambda one: _(_ENDS[one]), default="top")
    with places[3]:
        count = address.select("n", _("Niches"), _COUNTS, str, default="25")
    if not dataset.periods:
        return region, sector, "", count, end
    with places[4]:
        return region, sector, address.select("period", _("Month"), list(periods), periods.__getitem__), count, end


def _ranked(who: Principal, answer: Answer, metric: Metric) -> None:
    table, stamp = answer.table, answer.stamp
    assert table is not None  # noqa: S101 - the caller has looked
    assert stamp is not None  # noqa: S101 - an answer with a table has one
    head = st.container(horizontal=True, vertical_alignment="center", gap="small")
    charts.ranking("niches_leaders_chart", table.pairs("niche", metric.name), metric, what=_("Niche"), stamp=stamp)
    with st.container(key="wide_niches_leaders_hint"):
        st.caption(_("Tick two to five rows to compare them."))
    ticked = niche_tables.draw(
        "niches_leaders", table, stamp, about=[answer.text], choose=True, links=True, totals=not metric.derived
    )
    with head:
        st.markdown(f"**{plain(answer.text)}**", width="stretch")
        _compare(ticked)
        niche_views.menu(who, words.title(metric))


def _compare(ticked: Sequence[str]) -> None:
    with st.container(key="wide_niches_leaders_compare", width="content"):
        _compare_button(ticked)


def _compare_button(ticked: Sequence[str]) -> None:
    st.button(
        _("Compare"),
        key="niches_compare_ticked",
        icon=":material/compare_arrows:",
        disabled=not 2 <= len(ticked) <= _MOST,
        help=_("Tick two to five rows of the table."),
        on_click=address.go,
        kwargs={"view": "compare", "niches": list(ticked)},
    )
