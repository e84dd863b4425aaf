"""What can be done with a conversation, and the dialogs that do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

import streamlit as st

from components import errors, session
from components.chat import sharing
from components.i18n import N_, _
from components.markup import plain, short
from core.entities.messages import Conversation
from services.chat.conversations import LONGEST_TITLE

_ICONS = {
    "rename": "edit",
    "pin": "keep",
    "unpin": "keep_off",
    "share": "person_add",
    "export": "download",
    "archive": "archive",
    "unarchive": "unarchive",
    "delete": "delete",
    "restore": "restore_from_trash",
    "purge": "delete_forever",
    "leave": "visibility_off",
}
_WORDS = {
    "rename": N_("Rename"),
    "pin": N_("Pin"),
    "unpin": N_("Unpin"),
    "share": N_("Share with a colleague"),
    "export": N_("Export"),
    "archive": N_("Archive"),
    "unarchive": N_("Bring back"),
    "delete": N_("Delete"),
    "restore": N_("Restore"),
    "purge": N_("Delete for good"),
    "leave": N_("Remove from my list"),
}
_FORMATS = {"pdf": "PDF", "docx": "Word", "md": "Markdown", "json": N_("JSON, for programs")}
_WANTED = "assistant_action"


def menu(conversation: Conversation, *, shared: bool, place: str) -> None:
    """A button that offers what can be done with this conversation; `carry_out` does what was chosen."""
    names = _offered(conversation, shared)
    key = f"assistant_menu_{place}_{conversation.id}"
    st.menu_button(
        _("What to do with it"),
        names,
        format_func=lambda name: f":material/{_ICONS[name]}: {_(_WORDS[name])}",
        icon=":material/more_horiz:",
        type="tertiary",
        key=key,
        on_click=_want,
        args=(key, conversation.id),
    )


def wanted() -> bool:
    """Whether something was chosen and waits for `carry_out`."""
    return session.get(_WANTED) is not None


def empty_trash(place: str) -> None:
    st.caption(_("What lies here is deleted for good after 30 days."))
    if st.button(_("Empty the trash"), icon=":material/delete_forever:", key=f"assistant_empty_{place}"):
        session.put(_WANTED, ("empty", None))
        st.rerun()


def carry_out(opened: Callable[[UUID | None], None]) -> None:
    """Does what was chosen in a menu, or opens its dialog; `opened` shows another conversation, None for none."""
    wanted = session.take(_WANTED)
    if wanted is None:
        return
    name, conversation_id = wanted
    if name == "empty":
        st.dialog(_("Empty the trash?"))(_purge)(None, opened)
        return
    thread = session.services().conversations.thread(session.principal(), conversation_id, last=1)
    conversation = thread.conversation
    if name in _DIALOGS:
        title, dialog = _DIALOGS[name]
        st.dialog(_(title))(dialog)(conversation, opened)
        return
    _AT_ONCE[name](conversation)
    if name == "leave":
        opened(None)
    st.rerun()


def _offered(conversation: Conversation, shared: bool) -> list[str]:
    if shared:
        return ["export", "leave"]
    if conversation.deleted_at:
        return ["restore", "export", "purge"]
    pin = "unpin" if conversation.pinned else "pin"
    archive = "unarchive" if conversation.archived else "archive"
    share = ["share"] if conversation.owner_id else []
    return ["rename", pin, *share, "export", archive, "delete"]


def _want(key: str, conversation_id: UUID) -> None:
    chosen = session.get(key)
    if chosen:
        session.put(_WANTED, (chosen, conversation_id))


# --- dialogs --------------------------------------------------------------------------------------------------------


def _rename(conversation: Conversation, _opened: Callable[[UUID | None], None]) -> None:
    with st.form("assistant_rename", border=False):
        title = st.text_input(_("Name"), conversation.title, max_chars=LONGEST_TITLE)
        sent = st.form_submit_button(_("Save"), type="primary")
    if sent:
        with errors.shown():
            session.services().conversations.rename(session.principal(), conversation.id, title)
            st.rerun()


def _delete(conversation: Conversation, opened: Callable[[UUID | None], None]) -> None:
    title = plain(short(conversation.title, 80))
    st.markdown(_("“%(title)s” goes into the trash and is deleted for good after 30 days.", title=title))
    if st.button(_("Delete"), type="primary", icon=":material/delete:", key="assistant_delete"):
        with errors.shown():
            session.services().conversations.delete(session.principal(), conversation.id)
            opened(None)
            st.rerun()


def _purge(conversation: Conversation | None, opened: Callable[[UUID | None], None]) -> None:
    if conversation is None:
        st.markdown(_("All conversations in the trash will be gone for good, with their messages."))
    else:
        title = plain(short(conversation.title, 80))
        st.markdown(_("“%(title)s” and all its messages will be gone for good.", title=title))
    if st.button(_("Delete for good"), type="primary", icon=":material/delete_forever:", key="assistant_purge"):
        with errors.shown():
            only = conversation.id if conversation else None
            session.services().conversations.purge(session.principal(), only)
            opened(None)
            st.rerun()


def _export(conversation: Conversation, _opened: Callable[[UUID | None], None]) -> None:
    st.caption(_("The branch that is shown, with its citations, in the language of the interface."))
    for format_, label in _FORMATS.items():
        st.download_button(
            _(label),
            _maker(conversation.id, format_, session.locale()),
            file_name=f"{session.services().transcripts.filename(conversation.title)}.{format_}",
            icon=":material/download:",
            key=f"assistant_export_{format_}",
            on_click="ignore",
            width="stretch",
        )


def _maker(conversation_id: UUID, format_: str, language: str) -> Callable[[], bytes]:
    """Makes the file when its button is pressed: on another thread, so everything it needs is given here."""
    services, who = session.services(), session.principal()
    return lambda: services.transcripts.export(who, conversation_id, format_, language).content


def _share(conversation: Conversation, _opened: Callable[[UUID | None], None]) -> None:
    with errors.shown():
        sharing.draw(conversation)


def _leave(conversation: Conversation) -> None:
    who = session.principal()
    if who.user_id is not None:
        session.services().sharing.revoke(who, conversation.id, who.user_id)


def _pin(conversation: Conversation) -> None:
    session.services().conversations.pin(session.principal(), conversation.id, not conversation.pinned)


def _archive(conversation: Conversation) -> None:
    session.services().conversations.archive(session.principal(), conversation.id, not conversation.archived)


def _restore(conversation: Conversation) -> None:
    session.services().conversations.restore(session.principal(), conversation.id)


_DIALOGS = {
    "rename": (N_("Rename the conversation"), _rename),
    "delete": (N_("Delete the conversation?"), _delete),
    "purge": (N_("Delete the conversation?"), _purge),
    "export": (N_("Export the conversation"), _export),
    "share": (N_("Share the conversation"), _share),
}
_AT_ONCE: Mapping[str, Callable[[Conversation], None]] = {
    "pin": _pin,
    "unpin": _pin,
    "archive": _archive,
    "unarchive": _archive,
    "restore": _restore,
    "leave": _leave,
}
