"""What models were used for and what it cost: everybody's for administrators, one's own for everyone else."""

from __future__ import annotations

import streamlit as st

from components import navigation, session, usage_charts
from components.i18n import N_, _, ngettext, number, percent, short_number
from core.entities.usage import Dimension, Quota
from core.roles import Permission
from services.chat.usage import Report

_PERIODS = {7: N_("7 days"), 30: N_("30 days"), 90: N_("90 days"), None: N_("All")}


def render() -> None:
    who = session.require(Permission.PROFILE)
    everything = who.may(Permission.AUDIT)
    explanation = _("What everybody's answers took.") if everything else _("What your answers took.")
    counted = _("Tokens are counted by the provider, or estimated and marked so.")
    navigation.title(_("Usage"), f"{explanation} {counted}")
    days = _period()
    usage = session.services().usage
    report = usage.report(who, Dimension.DAY, days)
    _figures(report, usage.quota(who))
    if not report.total.answers:
        st.caption(_("No model has answered in this time. Extractive answers take no tokens."))
        return
    usage_charts.by_day(usage.crossed(who, Dimension.DAY, Dimension.MODEL, days))
    usage_charts.sums(who, days)


def _period() -> int | None:
    return st.segmented_control(
        _("Period"),
        list(_PERIODS),
        default=30,
        format_func=lambda days: _(_PERIODS[days]),
        key="usage_period",
        label_visibility="collapsed",
        required=True,
    )


def _figures(report: Report, quota: Quota) -> None:
    total = report.total
    with st.container(horizontal=True, key="usage_figures"):
        st.metric(_("Tokens"), short_number(total.tokens), help=number(total.tokens), border=True)
        st.metric(_("Answers"), short_number(total.answers), help=number(total.answers), border=True)
        unpriced = _("%(n)s tokens of models without a price are not in it.", n=number(total.unpriced))
        cost = number(total.cost, 2) if total.unpriced < total.tokens else "–"
        st.metric(_("Cost"), cost, help=unpriced if total.unpriced else None, border=True)
        share = total.estimated / total.tokens if total.tokens else 0.0
        st.metric(_("Estimated"), percent(share), help=_("The share of tokens that no provider counted."), border=True)
        most = short_number(quota.most) if quota.most else _("no quota")
        limit = ngettext("%(n)s message a minute", "%(n)s messages a minute", quota.per_minute)
        st.metric(_("Yours today"), f"{short_number(quota.spent)} / {most}", help=limit, border=True)
