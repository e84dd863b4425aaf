"""Views that a person saved: the address of a niche page under a title of their own."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from components import buttons, errors, session
from components.i18n import _
from components.markup import plain
from core.entities.people import Principal


def menu(who: Principal, title: str) -> None:
    """Saves this very address as `title` (or what is typed instead), and opens saved ones."""
    with st.popover(_("Views"), icon=":material/bookmark:", key="niches_views"):
        name = st.text_input(
            _("Save this view as"), value=title[:100], max_chars=100, key=f"niches_view_title_{title[:40]}"
        )
        st.button(
            _("Save"), key="niches_view_save", icon=":material/bookmark_add:", on_click=errors.kept(_save), args=(name,)
        )
        saved = session.services().niche_views.list(who)
        if saved:
            st.divider()
        for one in saved:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.button(
                    plain(one.title),
                    key=f"niches_view_{one.id}",
                    type="tertiary",
                    on_click=_open,
                    args=(dict(one.params),),
                    width="stretch",
                )
                buttons.delete(f"view_{one.id}", _delete, one.id)


def _save(title: str) -> None:
    params = {name: "\n".join(st.query_params.get_all(name)) for name in st.query_params}
    session.services().niche_views.save(session.principal(), title, params)


def _open(params: dict[str, str]) -> None:
    st.query_params.from_dict({name: value.split("\n") for name, value in params.items()})


def _delete(view_id: UUID) -> None:
    session.services().niche_views.delete(session.principal(), view_id)
