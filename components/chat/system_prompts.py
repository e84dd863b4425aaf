"""What the assistant is told for each scenario and role: the words in force, their versions, a form to change them."""

from __future__ import annotations

import streamlit as st

import scenarios
from components import errors, navigation, session
from components.chat import turn_options
from components.i18n import _, date_time
from components.markup import plain, short
from core.entities.conversations import Instructions
from core.entities.people import Principal
from core.roles import Role
from services.chat.prompts import LONGEST


def draw(who: Principal) -> None:
    left, right = st.columns(2)
    scenario = left.selectbox(
        _("Scenario"), list(scenarios.REGISTRY), format_func=turn_options.scenario_title, key="instructions_scenario"
    )
    chosen = right.selectbox(
        _("Role"), ["", *Role], format_func=lambda one: _(navigation.ROLES[Role(one)]) if one else _("Every role"),
        key="instructions_role",
    )  # fmt: skip
    prompts, role = session.services().prompts, Role(chosen) if chosen else None
    history = prompts.history(who, role, scenario)
    current = history[0] if history and history[0].body else None
    _say_which(current)
    _form(who, scenario, role, current.body if current else "", prompts.shipped(scenario))
    _history(history)


def _say_which(current: Instructions | None) -> None:
    if current is None:
        st.info(_("The words that come with the product are in force. What you save here takes their place."),
            icon=":material/inventory_2:")  # fmt: skip
    else:
        when = date_time(current.created_at)
        words = _(
            "Version %(version)s of %(author)s, %(when)s", version=current.version, author=current.author, when=when
        )
        st.caption(plain(words))


def _form(who: Principal, scenario: str, role: Role | None, body: str, shipped: str) -> None:
    version = session.get("instructions_saved", 0)
    with st.form(f"instructions_form_{scenario}_{role}_{version}", border=False):
        text = st.text_area(_("Instructions"), body or shipped, height=300, max_chars=LONGEST)
        note = st.text_input(_("What was changed, and why"), max_chars=200)
        with st.container(horizontal=True):
            saved = st.form_submit_button(_("Save"), type="primary")
            reset = st.form_submit_button(_("Back to the shipped words"), disabled=not body)
    if body:
        with st.expander(_("The words that come with the product"), icon=":material/inventory_2:"):
            st.code(shipped, language=None, wrap_lines=True)
    if saved and not body and text.strip() == shipped.strip():
        st.info(_("Nothing was changed: these are the words that come with the product."), icon=":material/info:")
    elif saved or reset:
        session.services().prompts.save(who, role, scenario, "" if reset else text, note)
        session.put("instructions_saved", version + 1)  # a new key: the form shows what is saved now
        st.toast(_("Saved."), icon=":material/check:")
        st.rerun()


def _history(history: list[Instructions]) -> None:
    """Those before the one in force."""
    if len(history) < 2:
        return
    st.subheader(_("Earlier versions"), anchor=False)
    for one in history[1:]:
        with st.container(horizontal=True, vertical_alignment="center", border=True, key=f"instructions_{one.version}"):
            said = short(one.body, 120) or _("The words that come with the product")
            about = " · ".join(
                part for part in (str(one.version), date_time(one.created_at), one.author, one.note) if part
            )
            st.markdown(f"{plain(said)}  \n:gray[:small[{plain(about)}]]", width="stretch")
            st.button(
                _("Restore"),
                key=f"instructions_restore_{one.version}",
                on_click=errors.kept(_restore),
                args=(one.version,),
            )


def _restore(version: int) -> None:
    session.services().prompts.restore(session.principal(), version)
    session.put("instructions_saved", session.get("instructions_saved", 0) + 1)
