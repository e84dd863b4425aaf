"""Finding a niche: a search box for any wording, the shortlist, and niches by chance for those who look around."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import session
from components.i18n import N_, _
from components.markup import plain
from components.niches import address, empty, words
from core.entities.people import Principal
from services.niches.analytics import Hit

_FOUND, _CHANCE = 12, 9
_ACROSS = 3
_RANDOM = "niches_random"
_WHY = {
    "exact": N_("the same name"),
    "stem": N_("the same words"),
    "fuzzy": N_("a similar spelling"),
    "words": N_("related words"),
}


def draw(who: Principal) -> None:
    """The box, and what it found below it; a niche that is open already stays open while nothing else is typed."""
    query = address.search(
        "q", _("Find a niche"), _("Coffee shop, bakery, «кофейня», a tag, a typo: any wording will do")
    )
    if address.get("niche") and not query:
        return
    if query:
        session.take(_RANDOM)
        _shortlist(session.services().niches.find(who, query, _FOUND), query)
        return
    hits = session.get(_RANDOM) or session.services().niches.random(who, _CHANCE)[:_CHANCE]
    session.put(_RANDOM, hits)
    if not hits:
        empty.draw(who)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{_('For a look around')}**", width="stretch")
        st.button(
            _("Others"),
            icon=":material/shuffle:",
            type="tertiary",
            key="niches_others",
            on_click=session.take,
            args=(_RANDOM,),
        )
    _cards(hits)


def _shortlist(hits: Sequence[Hit], query: str) -> None:
    if not hits:
        st.info(_("No niche is like “%(query)s”. Try another word.", query=plain(query)), icon=":material/search_off:")
        return
    st.caption(_("Niches for “%(query)s”, the likeliest first. Choose one.", query=plain(query)))
    _cards(hits)


def _cards(hits: Sequence[Hit]) -> None:
    for at, hit in enumerate(hits):
        if at % _ACROSS == 0:  # a row at a time, so that on a narrow screen the likeliest still comes first
            columns = st.columns(_ACROSS, gap="small")
        columns[at % _ACROSS].button(
            _label(hit),
            key=f"niches_hit_{hit.niche.id}",  # a press on a list that is drawn anew means the niche that it showed
            width="stretch",
            on_click=open_,
            args=(hit.niche.id,),
            help=_(_WHY[hit.by]) if hit.by in _WHY else None,
        )


def _label(hit: Hit) -> str:
    demo = f":orange[{_('demo data')}]" if hit.demo else ""
    facts = " · ".join(filter(None, (demo, plain(words.title(hit.sector)))))
    return f"**{plain(words.title(hit.niche))}**  \n:gray[:small[{facts}]]"


def open_(niche_id: str) -> None:
    address.go(niche=niche_id)
