"""Administrators: who waits for approval, who has which role, and the mails that went out."""

from __future__ import annotations

from uuid import UUID

import streamlit as st

from components import access_end, allowlist, errors, navigation, session
from components.i18n import N_, _, ago, date_time, ngettext
from components.markup import plain
from core.entities.people import Principal, User, UserStatus
from core.entities.registration import Profile
from core.roles import Permission, Role

STATUSES = {
    UserStatus.PENDING: N_("waits for approval"),
    UserStatus.ACTIVE: N_("active"),
    UserStatus.DISABLED: N_("disabled"),
}
_COLORS = {UserStatus.PENDING: "orange", UserStatus.ACTIVE: "green", UserStatus.DISABLED: "gray"}
_ASSIGNABLE = (Role.SALES, Role.ANALYST, Role.ADMIN)
_PAGE = 20


def render() -> None:
    who = session.require(Permission.PEOPLE)
    navigation.title(_("People"), _("A change of role or status acts at once, in every open session."))
    everyone, allowed, outbox = st.tabs([_("People"), _("Allowlist"), _("Outbox")])
    with everyone, errors.shown():
        _everyone(who)
    with allowed, errors.shown():
        allowlist.draw(who)
    with outbox, errors.shown():
        _outbox(who)


def _everyone(who: Principal) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        query = st.text_input(
            _("Search"),
            key="people_query",
            placeholder=_("Search by name or e-mail"),
            icon=":material/search:",
            label_visibility="collapsed",
        )
        if st.button(_("Add a person"), type="primary", icon=":material/person_add:", key="people_add"):
            st.dialog(_("Add a person"))(_add)()
    page = int(session.get("people_page") or 1)
    found = session.services().people.list(who, query or "", limit=_PAGE, offset=(page - 1) * _PAGE)
    st.caption(ngettext("%(n)s person", "%(n)s people", found.total))
    for person in found.people:
        _person(who, person, found.profiles.get(person.id, Profile()))
    if found.total > _PAGE:
        st.pagination(-(-found.total // _PAGE), key="people_page")


def _person(who: Principal, person: User, profile: Profile) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"people_row_{person.id}"):
        with st.container(width="stretch"):
            badge = f":{_COLORS[person.status]}-badge[{_(STATUSES[person.status])}]"
            demo = f" :gray-badge[{_('demo data')}]" if person.demo else ""
            until = access_end.badge(person)
            if profile.proven_at and person.status is UserStatus.PENDING:
                until += f" :green-badge[{_('e-mail confirmed')}]"
            st.markdown(f"**{plain(person.name)}** {badge}{until}{demo}  \n{plain(person.email)}")
            seen = ago(person.last_sign_in_at) if person.last_sign_in_at else _("never")
            since = _("Last sign-in: %(seen)s · since %(since)s", seen=seen, since=date_time(person.created_at))
            st.caption(" · ".join(filter(None, (plain(profile.city), since))))
        if person.status is UserStatus.PENDING:
            st.button(
                _("Approve"),
                type="primary",
                key=f"people_approve_{person.id}",
                on_click=errors.kept(_approve),
                args=(person.id,),
            )
        _role(who, person)
        _more(who, person)


def _role(who: Principal, person: User) -> None:
    roles = [role for role in _ASSIGNABLE if role]
    # The browser sends back the words of an option: in another language they would be taken for a choice.
    key = f"people_role_{session.locale()}_{person.id}"
    st.selectbox(
        _("Role"),
        roles,
        roles.index(person.role) if person.role in roles else None,
        format_func=lambda role: _(navigation.ROLES[role]),
        key=key,
        on_change=errors.kept(_set_role),
        args=(person.id, key),
        label_visibility="collapsed",
        disabled=person.id == who.user_id,
        width=210,
    )


def _more(who: Principal, person: User) -> None:
    actions = {"sessions": _("End all sessions"), "access": _("End of access…")}
    if person.id != who.user_id and person.status is not UserStatus.DISABLED:
        actions["disable"] = _("Refuse") if person.status is UserStatus.PENDING else _("Disable")
    if person.status is UserStatus.DISABLED:
        actions["enable"] = _("Enable")
    chosen = st.menu_button(
        "",
        list(actions),
        format_func=actions.__getitem__,
        icon=":material/more_vert:",
        type="tertiary",
        key=f"people_more_{person.id}",
        help=_("More actions"),
    )
    if chosen:
        _act(who, person, chosen)


def _act(who: Principal, person: User, action: str) -> None:
    people = session.services().people
    if action == "sessions":
        ended = people.revoke_sessions(who, person.id)
        st.toast(ngettext("%(n)s session ended", "%(n)s sessions ended", ended), icon=":material/check:")
        return
    if action == "access":
        st.dialog(_("End of access"))(access_end.change)(person)
        return
    people.update(who, person.id, {"status": UserStatus.ACTIVE if action == "enable" else UserStatus.DISABLED})
    st.rerun()


def _approve(user_id: UUID) -> None:
    session.services().people.approve(session.principal(), user_id)


def _set_role(user_id: UUID, key: str) -> None:
    role = session.get(key)
    session.services().people.update(session.principal(), user_id, {"role": role})


def _add() -> None:
    with st.form("people_new", border=False):
        email = st.text_input(_("E-mail"), autocomplete="off")
        name = st.text_input(_("Name"), autocomplete="off", max_chars=100)
        role = st.selectbox(_("Role"), _ASSIGNABLE, format_func=lambda role: _(navigation.ROLES[role]))
        password = st.text_input(
            _("Password"),
            type="password",
            autocomplete="new-password",
            help=_("Leave it empty to send a link: the person then chooses the password."),
        )
        sent = st.form_submit_button(_("Add"), type="primary")
    if sent:
        with errors.shown():
            session.services().people.create(session.principal(), email, name, role, password or None)
            st.rerun()


def _outbox(who: Principal) -> None:
    if session.services().settings.smtp_url is None:
        st.info(
            _("No mail server is set up: read the letters here and pass them on. NICHEWISE_SMTP_URL sends them."),
            icon=":material/mail:",
        )
    letters = session.services().mail.list(who)
    if not letters:
        st.caption(_("No letters yet."))
    for letter in letters:
        state = {"waiting": _("waits"), "sent": _("sent"), "failed": _("not sent")}[letter.status]
        with st.expander(
            f"{plain(letter.subject)} · {plain(letter.recipient)} · {state} · {date_time(letter.created_at)}"
        ):
            st.text(letter.body or _("The text is deleted once a letter is sent."))
            if letter.error:
                st.caption(plain(letter.error))
