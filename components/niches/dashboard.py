"""The dashboard of a niche: key figures, where it stands, regions, months, similar niches, the written analytics."""

from __future__ import annotations

from functools import partial

import streamlit as st

from components import session
from components.i18n import _
from components.markup import harmless, plain
from components.niches import address, charts, views, words
from components.niches import figures as niche_figures
from components.niches import search as niche_search
from components.niches import tables as niche_tables
from core.entities.niches import Catalogue, Metric
from core.entities.people import Principal
from niches import amounts
from niches.results import Dashboard
from services import filenames
from services.niches import exports as niche_exports

_SHOWN_AS_TEXT = 1_200  # characters of the written analytics before the rest is folded away


def draw(who: Principal, niche_id: str) -> None:
    services = session.services()
    board = services.niches.dashboard(who, niche_id, address.get("region"), session.locale())
    with st.container(key="niches_head", gap="small"):
        _head(who, board)
    region, metric = _choices(services.niches.catalogue(who), board)
    if metric is None:
        st.info(_("There are no figures of this niche here. Choose another region."), icon=":material/info:")
    else:
        niche_figures.draw(board.figures)
    if board.notes:
        st.caption(plain(" ".join(board.notes)))
    if metric is not None:
        _charts(who, board, metric, region)
    _words(board)
    _similar(board)
    st.caption(words.stamp(board.stamp))


def _head(who: Principal, board: Dashboard) -> None:
    sector = f":gray-badge[{plain(words.title(board.sector))}] " if board.sector else ""
    demo = words.demo() if board.stamp.demo else ""
    st.header(plain(words.title(board.niche)), anchor=False)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{sector}{demo}".strip() or plain(words.dataset(board.dataset)), width="stretch")
        _actions(who, board)


def _actions(who: Principal, board: Dashboard) -> None:
    niche, region = board.niche, board.region.title
    language, metric = session.locale(), address.get("metric")
    make = partial(niche_exports.client_pdf, session.services().niches, who, niche.id, region, metric, language)
    st.download_button(
        _("Client PDF"),
        make,
        file_name=f"{filenames.named(words.title(niche), niche.id)}.pdf",
        mime="application/pdf",
        key="niches_pdf",
        icon=":material/picture_as_pdf:",
        type="primary",
        on_click="ignore",
        help=_("One page: key figures, two charts, the written analytics, sources."),
    )
    st.button(
        _("Compare"),
        icon=":material/compare_arrows:",
        key="niches_to_compare",
        on_click=_to_compare,
        args=(board,),
        help=_("Beside the niches that are most like it."),
    )
    views.menu(who, words.title(niche))


def _to_compare(board: Dashboard) -> None:
    near = [niche.id for niche, _likeness in board.similar[:2]]
    address.go(view="compare", niches=[board.niche.id, *near], region=board.region.title)


def _choices(catalogue: Catalogue, board: Dashboard) -> tuple[str, Metric | None]:
    """The region and the metric that the charts are about."""
    here = {str(row[0]) for row in board.regions.rows}
    regions = {
        one.title: words.place(one)
        for one in catalogue.regions.values()
        if one.dataset_id == board.dataset.id and (one.whole or words.title(one) in here)
    }
    order = sorted(regions, key=lambda one: (bool(one), regions[one]))
    metrics = {figure.metric.name: figure.metric for figure in board.figures}
    left, right = st.columns(2)
    with left:
        region = address.select("region", _("Region"), order, regions.__getitem__)
    if not metrics:
        return region, None
    with right:
        first = amounts.leading(metrics.values(), [column.key for column in board.regions.columns])
        chosen = address.select(
            "metric", _("Charts show"), list(metrics), lambda one: words.title(metrics[one]), default=first
        )
    return region, metrics[chosen]


def _charts(who: Principal, board: Dashboard, metric: Metric, region: str) -> None:
    mine = next(figure.standing.value for figure in board.figures if figure.metric == metric)
    series = board.series.get(metric.name)
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(_("Among all niches"), anchor=False)
        spread = session.services().niches.distribution(who, board.niche.id, metric.name, region)
        charts.distribution("niches_distribution", spread, mine, metric, board.stamp)
    with right if series else left:
        if series:
            st.subheader(_("By month"), anchor=False)
            charts.months("niches_months", {words.title(board.niche): series}, metric, board.stamp)
    with st.container() if series else right:
        _regions(board, metric)


def _regions(board: Dashboard, metric: Metric) -> None:
    if metric.name not in [column.key for column in board.regions.columns]:
        st.caption(_("There are no figures by region for this metric."))
        return
    rows = sorted(board.regions.pairs("region", metric.name), key=lambda row: -row[1])
    st.subheader(_("By region"), anchor=False)
    chosen = "" if board.region.whole else words.title(board.region)
    charts.ranking("niches_regions", rows, metric, chosen, what=_("Region"), stamp=board.stamp)
    with st.expander(_("All figures by region"), icon=":material/table:"):
        niche_tables.draw("niches_regions_all", board.regions, board.stamp, about=[words.title(board.niche)])


def _words(board: Dashboard) -> None:
    russian = session.locale() == "ru"
    text = (board.niche.text_ru if russian else board.niche.text) or board.niche.text or board.niche.text_ru
    if not text:
        return
    st.subheader(_("The written analytics"), anchor=False)
    with st.container(border=True, key="niches_text"):
        if len(text) <= _SHOWN_AS_TEXT:
            st.markdown(harmless(text))
            return
        cut = text.rfind("\n\n", 0, _SHOWN_AS_TEXT)
        cut = cut if cut > 0 else _SHOWN_AS_TEXT
        st.markdown(harmless(text[:cut]))
        with st.expander(_("Read on")):
            st.markdown(harmless(text[cut:]))


def _similar(board: Dashboard) -> None:
    if not board.similar:
        return
    st.subheader(_("Similar niches"), anchor=False)
    with st.container(horizontal=True, gap="small"):
        for niche, likeness in board.similar:
            st.button(
                plain(words.title(niche)),
                key=f"niches_similar_{niche.id}",
                on_click=niche_search.open_,
                args=(niche.id,),
                help=_("%(share)s%% alike in its figures and sector", share=round(likeness * 100)),
            )
