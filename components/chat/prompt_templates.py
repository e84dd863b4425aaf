"""Prompt templates: chosen, filled in and sent from the composer; one's own made, changed and brought back."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import streamlit as st

from components import buttons, errors, session
from components.i18n import N_, _, date_time
from components.markup import plain, short
from core.entities.conversations import Template
from core.entities.people import Principal
from core.roles import Permission, Role
from services.chat.templates import LONGEST_BODY, LONGEST_TITLE, fill, places

_ROLES = {Role.SALES: N_("Sales"), Role.ANALYST: N_("Analyst"), Role.ADMIN: N_("Administrator")}
_KNOWN = {
    "niche": N_("niche"),
    "rival": N_("another niche"),
    "client": N_("client"),
    "region": N_("region"),
    "city": N_("city"),
    "topic": N_("topic"),
}
_STARTERS = (  # what is offered until there are templates
    (N_("A figure in a region"), N_("Revenue: {{niche}}, {{region}}")),
    (N_("Two niches side by side"), N_("Compare {{niche}} and {{rival}} by revenue")),
    (N_("From the documents"), N_("What do the documents say about {{topic}}?")),
)
_SHOWN = 400  # characters of a preview


def button(who: Principal) -> None:
    """Opens the dialog; what is sent from it stands in `assistant_template` at the next run."""
    if who.user_id is None:
        return
    if st.button(
        _("Templates"), icon=":material/library_books:", key="assistant_templates", help=_("Questions to fill in")
    ):
        st.dialog(_("Templates"), width="medium")(_dialog)(who)


def sent() -> str | None:
    """The question that was filled in and sent, once."""
    question: str | None = session.take("assistant_template")
    return question


def _dialog(who: Principal) -> None:
    with errors.shown():
        usable = session.services().templates.usable(who)
        use, own = st.tabs([_("Use"), _("Make and change")])
        with use:
            _use(usable)
        with own:
            _manage(who, usable)


def _use(usable: list[Template]) -> None:
    if usable:
        chosen = _choice(usable, "template_use") or usable[0]
        key, body = str(chosen.id), chosen.body
    else:
        key, body = _starter()
    values = {
        name: st.text_input(
            _(_KNOWN[name]).capitalize() if name in _KNOWN else name, key=f"template_value_{key}_{name}"
        )
        for name in places(body)
    }
    shown = body
    for name, value in values.items():
        shown = shown.replace(f"{{{{{name}}}}}", value or f"[{_(_KNOWN[name]) if name in _KNOWN else name}]")
    st.markdown(f"> {plain(short(shown, _SHOWN))}")
    if st.button(_("Ask"), type="primary", icon=":material/send:", key="template_ask"):
        with errors.shown():
            session.put("assistant_template", fill(body, {k: v or "" for k, v in values.items()}))
            st.rerun()


def _starter() -> tuple[str, str]:
    """(key, text) of one of those that everybody has until the first template is made."""
    st.caption(_("Fill in and ask. Your own templates are made beside this: questions with places such as {{niche}}."))
    chosen = st.pills(
        _("Template"),
        range(len(_STARTERS)),
        default=0,
        format_func=lambda at: _(_STARTERS[at][0]),
        key="template_starter",
        label_visibility="collapsed",
        required=True,
    )
    return f"starter{chosen}", _(_STARTERS[chosen or 0][1])


def _manage(who: Principal, usable: list[Template]) -> None:
    admin = who.may(Permission.SYSTEM)
    mine = [one for one in usable if one.owner_id is not None or admin]
    chosen = _choice(mine, "template_change", new=True)
    name = chosen.id if chosen else "new"
    with st.form(f"template_form_{name}", border=False):
        title = st.text_input(_("Name"), chosen.title if chosen else "", max_chars=LONGEST_TITLE)
        body = st.text_area(
            _("Text"),
            chosen.body if chosen else "",
            max_chars=LONGEST_BODY,
            height=160,
            help=_("A name in double braces, such as {{niche}}, is asked for when the template is used."),
        )
        shared, roles = _sharing(chosen) if admin else (False, None)
        saved = st.form_submit_button(_("Save"), type="primary")
    if saved:
        with errors.shown():
            _save(who, chosen, title, body, shared, roles)
            st.toast(_("Saved."), icon=":material/check:")
            st.rerun(scope="fragment")
    if chosen:
        _history(who, chosen)


def _choice(offered: list[Template], key: str, *, new: bool = False) -> Template | None:
    """One of them; with `new` none may be chosen, which stands for another one."""
    by_id = {one.id: one for one in offered}
    chosen = st.selectbox(
        _("Template"),
        list(by_id),
        index=None if new else 0,
        format_func=lambda one: _title(by_id[one]),
        placeholder=_("A new template"),
        key=key,
    )
    return by_id.get(chosen) if chosen else None


def _title(template: Template) -> str:
    return template.title if template.owner_id else _("%(title)s (shared)", title=template.title)


def _sharing(chosen: Template | None) -> tuple[bool, list[Role] | None]:
    shared = st.checkbox(
        _("Shared with colleagues"), bool(chosen and chosen.owner_id is None), disabled=chosen is not None
    )
    given = list(chosen.roles) if chosen and chosen.roles else []
    roles = st.multiselect(
        _("For these roles"),
        list(_ROLES),
        given,
        format_func=lambda one: _(_ROLES[one]),
        placeholder=_("All roles"),
        select_all=False,
    )
    return shared, roles or None


def _save(
    who: Principal, chosen: Template | None, title: str, body: str, shared: bool, roles: list[Role] | None
) -> None:
    templates = session.services().templates
    if chosen is None:
        templates.create(who, title, body, shared=shared, roles=roles)
    else:
        templates.change(who, chosen.id, title, body, roles=roles)


def _history(who: Principal, chosen: Template) -> None:
    with st.expander(_("Earlier versions"), icon=":material/history:"):
        for one in session.services().templates.history(who, chosen.id):
            current = one.version == chosen.version
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(f"**{one.version}** · {date_time(one.created_at)} · {plain(short(one.body, 80))}")
                _once(_("Restore"), f"template_restore_{one.version}", _restore, chosen.id, one.version, off=current)
    with st.container(horizontal=True):
        buttons.delete(f"template_{chosen.id}", _delete, chosen.id)


def _once(label: str, key: str, action: Callable[..., None], *args: object, off: bool = False) -> None:
    st.button(label, key=key, on_click=errors.kept(action), args=args, disabled=off)


def _restore(template_id: UUID, version: int) -> None:
    session.services().templates.restore(session.principal(), template_id, version)


def _delete(template_id: UUID) -> None:
    session.services().templates.delete(session.principal(), template_id)
