"""Everybody with an account: who they are, which role they have, and what an administrator may do about it."""

from __future__ import annotations

import streamlit as st

from components import errors, navigation, session
from components.i18n import N_, _, ago, date_time, ngettext
from components.markup import plain
from components.people import access_end, newcomer
from core.entities.people import Principal, User, UserStatus
from core.entities.registration import Profile
from services.identity.people import ROLES

STATUSES = {
    UserStatus.PENDING: (N_("waits for approval"), "orange"),
    UserStatus.ACTIVE: (N_("active"), "green"),
    UserStatus.DISABLED: (N_("disabled"), "gray"),
}
_SHOWN = {
    "all": N_("All"),
    UserStatus.PENDING: N_("Wait for approval"),
    UserStatus.ACTIVE: N_("Active"),
    UserStatus.DISABLED: N_("Disabled"),
}
_PAGE = 20


def draw(who: Principal) -> None:
    query, status = _asked()
    people, page = session.services().people, int(session.get("people_page") or 1)
    found = people.list(who, query, status=status, limit=_PAGE, offset=(page - 1) * _PAGE)
    if not found.people and page > 1:  # what was narrowed down has fewer pages
        found = people.list(who, query, status=status, limit=_PAGE)
    if not found.total:
        st.caption(_("Nobody is found. Change the search, or show all.") if query or status else _("Nobody yet."))
        return
    st.caption(ngettext("%(n)s person", "%(n)s people", found.total))
    for person in found.people:
        _person(who, person, found.profiles.get(person.id, Profile()))
    if found.total > _PAGE:
        st.pagination(-(-found.total // _PAGE), key="people_page")


def _asked() -> tuple[str, UserStatus | None]:
    """What is searched for, and which people are wanted; None is all of them."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        query = st.text_input(
            _("Search"),
            key="people_query",
            placeholder=_("Search by name or e-mail"),
            icon=":material/search:",
            label_visibility="collapsed",
        )
        newcomer.button()
    chosen = st.segmented_control(
        _("Show"), list(_SHOWN), default="all", format_func=lambda one: _(_SHOWN[one]), key="people_status",
        label_visibility="collapsed", required=True,
    )  # fmt: skip
    return query or "", chosen if isinstance(chosen, UserStatus) else None


def _person(who: Principal, person: User, profile: Profile) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"people_row_{person.id}"):
        with st.container(width="stretch", gap="xxsmall"):
            st.markdown(f"**{plain(person.name)}** {_badges(person, profile)}")
            seen = ago(person.last_sign_in_at) if person.last_sign_in_at else _("never")
            since = _("Last sign-in: %(seen)s · since %(since)s", seen=seen, since=date_time(person.created_at))
            st.caption("  \n".join((person.email, " · ".join(filter(None, (plain(profile.city), since))))))
        if person.status is UserStatus.PENDING:
            st.button(
                _("Approve"), type="primary", key=f"people_approve_{person.id}", on_click=errors.kept(_approve),
                args=(person,),
            )  # fmt: skip
        _role(who, person)
        _more(who, person)


def _badges(person: User, profile: Profile) -> str:
    name, color = STATUSES[person.status]
    badges = f":{color}-badge[{_(name)}]{access_end.badge(person)}"
    if profile.proven_at and person.status is UserStatus.PENDING:
        badges += f" :green-badge[{_('e-mail confirmed')}]"
    return f"{badges} :gray-badge[{_('demo data')}]" if person.demo else badges


def _role(who: Principal, person: User) -> None:
    # The browser sends back the words of an option: in another language they would be taken for a choice. And what is
    # chosen shows once it was accepted: by then the role has another key.
    key = f"people_role_{session.locale()}_{person.id}_{person.role}"
    st.selectbox(
        _("Role"),
        ROLES,
        ROLES.index(person.role) if person.role in ROLES else None,
        format_func=lambda role: _(navigation.ROLES[role]),
        key=key,
        on_change=errors.kept(_set_role),
        args=(person, key),
        label_visibility="collapsed",
        disabled=person.id == who.user_id,
        help=_("You cannot change your own role.") if person.id == who.user_id else None,
        width=210,
    )


def _more(who: Principal, person: User) -> None:
    actions = {"sessions": _("End all sessions"), "access": _("End of access…")}
    if person.id != who.user_id and person.status is not UserStatus.DISABLED:
        actions["disable"] = _("Refuse") if person.status is UserStatus.PENDING else _("Disable")
    if person.status is UserStatus.DISABLED:
        actions["enable"] = _("Enable")
    chosen = st.menu_button(
        _("More actions"),
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
    if action == "access":
        st.dialog(_("End of access"))(access_end.change)(person)
        return
    if action == "sessions":
        ended = people.revoke_sessions(who, person.id)
        st.toast(ngettext("%(n)s session ended", "%(n)s sessions ended", ended), icon=":material/check:")
        return
    status = UserStatus.ACTIVE if action == "enable" else UserStatus.DISABLED
    people.update(who, person.id, {"status": status})
    if action == "enable":
        _say(_("%(name)s may enter again.", name=_named(person)))
    else:
        _say(_("%(name)s can no longer enter.", name=_named(person)))
    st.rerun()


def _approve(person: User) -> None:
    session.services().people.approve(session.principal(), person.id)
    _say(_("%(name)s may enter now, and is told so by mail.", name=_named(person)))


def _set_role(person: User, key: str) -> None:
    role = session.get(key)
    session.put(key, person.role)
    session.services().people.update(session.principal(), person.id, {"role": role})
    _say(_("%(name)s has the role %(role)s now.", name=_named(person), role=_(navigation.ROLES[role])))


def _named(person: User) -> str:
    return plain(person.name or person.email)


def _say(told: str) -> None:
    st.toast(told, icon=":material/check:")
