"""Who may read something, as a form, and why a person may."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components import navigation, session
from components.i18n import N_, _
from components.markup import plain
from core.entities.access import Explanation, Readers, Rule
from core.entities.people import Principal, User
from core.roles import Permission, Role

_ROLES = (Role.GUEST, Role.SALES, Role.ANALYST)  # administrators read everything that is shared
_OF_COLLECTION = {
    Rule.ADMINISTRATOR: N_("Administrators read every shared collection."),
    Rule.ROLE: N_("The collection is open to the role %(role)s."),
    Rule.PERSON: N_("%(name)s is named among the readers of the collection."),
    Rule.OWNER: N_("The collection is this person's own."),
}
_OF_DOCUMENT = {
    Rule.ADMINISTRATOR: N_("Administrators read every document of a shared collection."),
    Rule.INHERITED: N_("The document follows its collection."),
    Rule.ROLE: N_("The document is open to the role %(role)s."),
    Rule.PERSON: N_("%(name)s is named among the readers of the document."),
    Rule.OWNER: N_("%(name)s put the document in."),
}


def roles(key: str, readers: Readers) -> list[Role]:
    chosen = st.multiselect(
        _("Roles"),
        _ROLES,
        [role for role in readers.roles or () if role in _ROLES],
        format_func=lambda role: _(navigation.ROLES[role]),
        key=f"{key}_roles",
        placeholder=_("No role"),
        select_all=False,
    )
    return list(chosen)


def people(who: Principal, key: str, readers: Readers) -> list[str]:
    """E-mails; administrators choose from everybody, others type them."""
    known = [user.email for user in everybody(who)] if who.may(Permission.PEOPLE) else []
    chosen = st.multiselect(
        _("People"),
        sorted({*known, *readers.emails}),
        readers.emails,
        key=f"{key}_people",
        accept_new_options=True,
        placeholder=_("E-mail"),
        select_all=False,
    )
    return list(chosen)


def everybody(who: Principal) -> Sequence[User]:
    return session.services().access.people(who)


def person(who: Principal, key: str) -> User | None:
    """A person to ask about."""
    chosen: User | None = st.selectbox(
        _("Person"),
        everybody(who),
        None,
        format_func=lambda user: f"{user.name} · {user.email} · {_(navigation.ROLES[user.role])}",
        key=f"{key}_person",
        placeholder=_("Choose a person"),
    )
    return chosen


def why(user: User, explanation: Explanation) -> None:
    """The verdict, and the rule behind it."""
    name = plain(user.name or user.email)
    if explanation.allowed:
        st.success(_("%(name)s may read it.", name=name), icon=":material/check:")
    else:
        st.warning(_("%(name)s may not read it.", name=name), icon=":material/block:")
    values = {"name": name, "role": _(navigation.ROLES[user.role])}
    for sentence in _reasons(explanation):
        st.markdown(f"- {_(sentence, **values)}")


def _reasons(explanation: Explanation) -> list[str]:
    said = [_OF_COLLECTION[rule] for rule in explanation.collection]
    if not said:
        said = [N_("Neither the role %(role)s nor %(name)s is among the readers of the collection.")]
    if explanation.document is None:
        return said
    of_document = [_OF_DOCUMENT[rule] for rule in explanation.document]
    return said + (of_document or [N_("The document is narrowed to other roles or people.")])
