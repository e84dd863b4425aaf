"""Asking the figures: a question, the query it becomes, and what it found; or the closest choices, as buttons."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from components import session
from components.i18n import N_, _, number
from components.markup import plain
from components.niches import address, charts, empty, words
from components.niches import tables as niche_tables
from core.entities.niches import Catalogue, Metric, Region, Sector
from core.entities.people import Principal
from niches import amounts
from niches.plan import Plan, Refusal
from niches.results import Answer, Proposal
from niches.rewording import choice_as_read, with_choice, with_function

_KINDS = {
    "value": N_("a figure of one niche"),
    "top": N_("a ranking"),
    "compare": N_("a comparison"),
    "group": N_("figures by group"),
    "growth": N_("growth between periods"),
    "count": N_("a count of niches"),
}
_FUNCTIONS = {"sum": N_("total"), "mean": N_("mean"), "median": N_("median"), "share": N_("share")}
_GROUPS = {"": N_("all niches"), "sector": N_("by sector"), "region": N_("by region")}


def draw(who: Principal) -> None:
    question = address.search("question", _("Question"), _("For example: top 5 niches by revenue"))
    catalogue = session.services().niches.catalogue(who)
    if not question:
        _examples(who, catalogue)
        return
    with st.spinner(_("Reading the question…"), show_time=False):
        answer = session.services().niches.questions.ask(who, question, session.locale())
    if answer.plan is not None:
        _plan(answer.plan, catalogue)
    if answer.refusal:
        _refused(answer.refusal, question, catalogue)
        return
    if answer.plan is not None and answer.plan.kind == "group" and answer.metric is not None:
        _functions(answer.plan, answer.metric, question)
    figures(answer)


def _examples(who: Principal, catalogue: Catalogue) -> None:
    """Questions about what is there."""
    if not catalogue.metrics:
        empty.draw(who)
        return
    st.caption(_("A question in English or Russian becomes a query. You see the query, then what it found."))
    with st.container(gap="xxsmall"):
        for at, example in enumerate(suggested(catalogue)):
            st.button(
                plain(example),
                key=f"niches_example_{at}",
                icon=":material/chat:",
                type="tertiary",
                on_click=_ask,
                args=(example,),
            )


def suggested(catalogue: Catalogue) -> Iterator[str]:
    """Questions about the first metrics and niches that there are, in the reader's language."""
    dataset = min(catalogue.datasets.values(), key=lambda one: (not one.demo, one.id))
    metrics = [one for one in catalogue.metrics.values() if one.dataset_id == dataset.id]
    niches = [one for one in catalogue.niches.values() if one.dataset_id == dataset.id][:2]
    region = next((one for one in catalogue.regions.values() if one.dataset_id == dataset.id and not one.whole), None)
    first, last = metrics[0], metrics[min(2, len(metrics) - 1)]
    one, other = niches[0], niches[-1]
    named = {
        "first": words.title(first).lower(),
        "last": words.title(last).lower(),
        "one": words.title(one),
        "other": words.title(other),
        "region": words.title(region),
    }
    yield _("Top 10 niches by %(last)s", last=named["last"])
    yield _("%(first)s: %(one)s", first=named["first"], one=named["one"])
    yield _("Compare %(one)s and %(other)s by %(last)s", one=named["one"], other=named["other"], last=named["last"])
    yield _("Median %(last)s by sector", last=named["last"])
    if region:
        yield _("Top 5 niches by %(first)s in %(region)s", first=named["first"], region=named["region"])


def _ask(question: str) -> None:
    address.change(question=question)


def _plan(plan: Plan, catalogue: Catalogue) -> None:
    """The query in words, before its answer."""
    with st.container(border=True, key="niches_plan", gap="xsmall"):
        st.markdown(f":material/account_tree: **{_('What is asked')}**")
        badges = [f":primary-badge[{plain(one)}]" for one in _said(plan, catalogue) if one]
        st.markdown(" ".join(badges))


def _said(plan: Plan, catalogue: Catalogue) -> Iterator[str]:
    dataset = next((one for one in catalogue.datasets.values() if one.name == plan.dataset), None)
    metric = next(
        (
            one
            for one in catalogue.metrics.values()
            if one.name == plan.metric and dataset and one.dataset_id == dataset.id
        ),
        None,
    )
    yield _(_KINDS[plan.kind])
    yield words.title(metric) or plan.metric
    yield from (words.title(catalogue.niches[one]) for one in plan.niches if one in catalogue.niches)
    if plan.kind == "group":
        yield f"{_(_FUNCTIONS[plan.function])}, {_(_GROUPS[plan.by])}"
    if plan.kind == "top":
        order = N_("%(n)s largest") if plan.descending else N_("%(n)s smallest")
        yield _(order, n=number(plan.n))
    if plan.comparison and plan.threshold is not None:
        yield f"{plan.comparison} {words.full(plan.threshold, metric) if metric else number(plan.threshold, 2)}"
    yield _title(catalogue, plan.region)
    yield _title(catalogue, plan.sector)
    yield " → ".join(amounts.month(day, session.locale()) for day in (plan.before, plan.period) if day)
    if dataset:
        yield words.dataset(dataset)


def _functions(plan: Plan, metric: Metric, question: str) -> None:
    """The same groups by their total, mean, median or share, at a click: the question says so then."""
    offered = {one: _(said) for one, said in _FUNCTIONS.items() if not metric.derived or one in ("mean", "median")}
    key = "niches_function"
    session.put(key, plan.function)

    def turn() -> None:
        _ask(with_function(question, str(session.get(key)), plan.function))

    st.segmented_control(
        _("Figures as"), list(offered), format_func=offered.__getitem__, key=key, on_change=turn, required=True
    )


def _title(catalogue: Catalogue, english: str) -> str:
    """A region's or sector's title as the reader writes it."""
    named: list[Region | Sector] = [*catalogue.regions.values(), *catalogue.sectors.values()]
    return words.title(next((one for one in named if one.title == english), None)) if english else ""


def _refused(refusal: Refusal, question: str, catalogue: Catalogue) -> None:
    read = {name: choice_as_read(value, catalogue, session.locale()) for name, value in refusal.values.items()}
    st.warning(_(refusal.sentence, **{name: plain(value) for name, value in read.items()}), icon=":material/help:")
    if not refusal.choices:
        return
    st.caption(_("Closest choices:"))
    with st.container(horizontal=True, gap="small"):
        for at, choice in enumerate(refusal.choices):
            label = choice_as_read(choice, catalogue, session.locale())
            st.button(
                plain(label), key=f"niches_choice_{at}", on_click=_ask, args=(_mended(question, refusal, choice),)
            )


def _mended(question: str, refusal: Refusal, choice: str) -> str:
    """What a press on a choice asks; where nothing was understood, the choice alone."""
    whole = refusal.about == "question" and choice not in ("mean", "median")
    return choice if whole else with_choice(question, refusal.values.get("name", ""), choice)


def figures(answer: Answer, name: str = "niches_answer", *, titled: bool = True) -> None:
    """Chart, table and query of an answer; `name` begins the keys of its widgets. Without a title it stands in a
    conversation, where there is half a page for it."""
    table, stamp = answer.table, answer.stamp
    if table is None or stamp is None:
        return
    if titled:
        st.markdown(f"### {plain(answer.text)}")
    if answer.proposal:
        _proposed(answer.proposal)
    if answer.chart.kind != "none" and answer.metric and len(table.rows) > 1:
        _chart(answer, name, tight=not titled)
    niche_tables.draw(name, table, stamp, about=[answer.text], links=True, totals=_adds_up(answer), tight=not titled)
    if not answer.sql:
        return
    with st.expander(_("The query that was run"), icon=":material/database:"):
        st.caption(_("Read-only, %(ms)s ms", ms=number(answer.took_ms, 1)))
        st.code(answer.sql, language="sql", wrap_lines=True)
        st.json(dict(answer.parameters), expanded=True)


def _proposed(proposal: Proposal) -> None:
    """Says that a model read the question, and what it took its words for."""
    model = plain(proposal.model)
    said = _("%(model)s, a language model, proposed this query; the figures are what it found.", model=model)
    taken = [
        _("“%(words)s” was taken for %(name)s", words=plain(words_), name=plain(name))
        for words_, name in proposal.taken
    ]
    st.caption(f":material/smart_toy: {' · '.join([said, *taken])}")


def _adds_up(answer: Answer) -> bool:
    """Means, medians and ratios do not."""
    plan, metric = answer.plan, answer.metric
    if plan is None or metric is None or metric.derived:
        return False
    return plan.kind in ("top", "compare") or (plan.kind == "group" and plan.function in ("sum", "share"))


def _chart(answer: Answer, name: str, *, tight: bool) -> None:
    table, metric = answer.table, answer.metric
    assert table is not None  # noqa: S101 - the caller has looked
    assert metric is not None  # noqa: S101 - the same
    columns = {column.key: column for column in table.columns}
    shares = columns[answer.chart.y].format == "percent"
    rows = table.pairs(answer.chart.x, answer.chart.y)
    charts.ranking(
        f"{name}_chart",
        rows,
        charts.as_share(metric) if shares else metric,
        what=words.column(columns[answer.chart.x]),
        stamp=answer.stamp,
        tight=tight,
    )
