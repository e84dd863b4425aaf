"""The administrators' editor of the guardrail rules: versions, validation, and a box to try a text in."""

from __future__ import annotations

import streamlit as st

from components import errors, session
from components.i18n import _, date_time, number
from components.markup import plain
from components.security import security_words
from core.entities.guards import GuardRules
from core.entities.people import Principal
from services.chat.guardrails import Trial

# The editor's text is a widget's and gone once another page is shown: the draft stays.
_BODY, _DRAFT, _BASED_ON = "security_body", "security_draft", "security_based_on"
_HEIGHT = 460


def draw(who: Principal) -> None:
    guardrails = session.services().guardrails
    if session.get(_BASED_ON) is None:
        _load(guardrails.rules(who))
    elif session.get(_BODY) is None:
        session.put(_BODY, session.get(_DRAFT))
    editor, trial = st.columns([3, 2], gap="medium")
    with editor:
        _editor(who)
    with trial, errors.shown():
        _try(who)


def _load(rules: GuardRules, *, newest: int | None = None) -> None:
    """Puts a version into the editor; what is saved then follows the newest one."""
    session.put(_BODY, rules.body)
    session.put(_DRAFT, rules.body)
    session.put(_BASED_ON, rules.version if newest is None else newest)


def _editor(who: Principal) -> None:
    _versions(who)
    body = st.text_area(
        _("Rules (YAML)"),
        key=_BODY,
        height=_HEIGHT,
        on_change=_keep,
        help=_("How phrases are written stands at the top of the file."),
    )
    with st.form("security_save", border=False):
        note = st.text_input(_("What has changed"), max_chars=300, key="security_note")
        with st.container(horizontal=True):
            saved = st.form_submit_button(_("Save"), type="primary", icon=":material/save:")
            checked = st.form_submit_button(_("Check"), icon=":material/rule:")
    if checked or saved:
        with errors.shown():
            _check_or_save(who, body or "", note or "", saved=saved)


def _check_or_save(who: Principal, body: str, note: str, *, saved: bool) -> None:
    guardrails = session.services().guardrails
    if not saved:
        rules = guardrails.check_rules(who, body)
        counted = _(
            "%(prompt)s rules for messages, %(output)s for answers", prompt=len(rules.prompt), output=len(rules.output)
        )
        st.success(f"{_('These rules can be used.')} {counted}", icon=":material/check:")
        return
    version = guardrails.save(who, body, note, based_on=int(session.get(_BASED_ON) or 0))
    session.put(_BASED_ON, version)
    st.success(_("Saved as version %(n)s. It counts from now on.", n=version), icon=":material/check:")


def _versions(who: Principal) -> None:
    history = session.services().guardrails.history(who)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(_("Version"), history, format_func=_named, key="security_version")
        st.button(
            _("Load"),
            icon=":material/history:",
            key="security_load",
            help=_("Puts this version into the editor; it counts once you save it."),
            on_click=errors.kept(_load_again),
            args=(chosen, history[0].version),
        )
        st.download_button(
            "YAML",
            session.get(_BODY) or "",
            file_name="guardrails.yaml",
            mime="application/yaml",
            icon=":material/download:",
            key="security_yaml",
            on_click="ignore",
        )


def _keep() -> None:
    session.put(_DRAFT, session.get(_BODY))


def _load_again(rules: GuardRules, newest: int) -> None:
    _load(rules, newest=newest)


def _named(rules: GuardRules) -> str:
    if rules.created_at is None:
        return _("as shipped")
    parts = [str(rules.version), date_time(rules.created_at), rules.author, rules.note]
    return " · ".join(part for part in parts if part)


def _try(who: Principal) -> None:
    st.markdown(f"**{_('Try it')}**")
    st.caption(_("With the rules in the editor, saved or not. Nothing is recorded."))
    text = st.text_area(_("A message or an answer"), key="security_try", height=120)
    if st.button(_("Try"), icon=":material/play_arrow:", key="security_run", type="primary") and text:
        _shown(session.services().guardrails.try_it(who, text, session.get(_BODY)), text)


def _shown(trial: Trial, text: str) -> None:
    if trial.stopped:
        st.error(_("As a message it would be stopped."), icon=":material/block:")
    else:
        st.success(_("As a message it would pass."), icon=":material/check:")
    for hit in trial.hits:
        with st.container(border=True):
            name = "" if security_words.rule(hit.rule) == hit.rule else f" `{hit.rule}`"  # what the editor calls it
            st.markdown(f"**{plain(security_words.rule(hit.rule))}**{name} · {security_words.category(hit.category)}")
            st.caption(f"{_('Read as:')} {plain(hit.matched)}")
            if hit.undone and hit.matched.casefold() not in " ".join(text.casefold().split()):
                st.caption(f"{_('Taken off:')} {security_words.undone(hit.undone)}")
    score = number(trial.likeness.score, 2)
    st.caption(_("The learned check gives it %(score)s of 1.", score=score))
    if trial.answer is not None:
        rule = plain(security_words.rule(trial.answer.rule))
        st.error(_("As an answer it would end here, by the rule %(rule)s:", rule=rule), icon=":material/content_cut:")
        st.code(trial.shown or " ", language=None, wrap_lines=True)
    elif text:
        st.caption(_("As an answer it would be shown whole."))
