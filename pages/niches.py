"""Niches: find one and see all about it, rank them, compare them, or ask the figures a question."""

from __future__ import annotations

import streamlit as st

from components import navigation, session
from components.i18n import N_, _
from components.niches import address
from components.niches import ask as niche_ask
from components.niches import compare as niche_compare
from components.niches import dashboard as niche_dashboard
from components.niches import leaderboard as niche_leaderboard
from components.niches import search as niche_search
from core.entities.people import Principal
from core.roles import Permission

_VIEWS = {
    "find": (N_("Find a niche"), "storefront"),
    "leaders": (N_("Leaderboard"), "leaderboard"),
    "compare": (N_("Compare"), "compare_arrows"),
    "ask": (N_("Ask the figures"), "question_answer"),
}


def render() -> None:
    who = session.require(Permission.NICHES)
    st.html(navigation.ASSETS / "niches.css")
    navigation.title(_("Niches"))
    view = address.switch("view", _("View"), list(_VIEWS), _name, default="find")
    {"leaders": niche_leaderboard.draw, "compare": niche_compare.draw, "ask": niche_ask.draw}.get(view, _find)(who)


def _find(who: Principal) -> None:
    niche_search.draw(who)
    niche = address.get("niche")
    if niche and not address.get("q"):
        niche_dashboard.draw(who, niche)


def _name(view: str) -> str:
    name, icon = _VIEWS[view]
    return f":material/{icon}: {_(name)}"
