"""What the views of niches say while there are no figures."""

from __future__ import annotations

import streamlit as st

from components.i18n import _
from core.entities.people import Principal
from core.roles import Permission


def draw(who: Principal) -> None:
    """Tells whoever can change it what to do, and the others whom to ask."""
    if who.may(Permission.CORPORA_MANAGE):
        told = _("There are no figures of niches yet. Import some on the page Niche data.")
    else:
        told = _("There are no figures of niches yet. Ask an administrator to import some.")
    st.info(told, icon=":material/info:")
