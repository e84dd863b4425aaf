"""The fields under an answer that asks for something: what is typed there never becomes part of the conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from components import errors, session
from components.chat import registration_entry
from components.i18n import _
from core.entities.messages import Message
from core.entities.people import Principal
from services.chat.asking import Ask

_LONGEST = 300  # characters of a field
_AUTOCOMPLETE = {
    "email": "email",
    "code": "one-time-code",
    "name": "name",
    "city": "address-level2",
    "niche": "off",
    "password": "new-password",
    "again": "new-password",
}


def draw(who: Principal, message: Message) -> None:
    """To be called under the last answer of a conversation: draws its form, if it has one, or the end of a
    registration."""
    fields = message.content.fields
    if fields.get("form"):
        with errors.shown():
            _form(who, message, fields["form"], str(fields.get("form_says", "")))
    else:
        registration_entry.draw(who, message)


def _form(who: Principal, message: Message, fields: Sequence[Mapping[str, str]], says: str) -> None:
    with st.container(key="registration_form"), st.form(f"answer_form_{message.id}"):
        typed = {field["name"]: _field(message, field) for field in fields}
        sent = st.form_submit_button(_("Continue"), type="primary")
    texts = [field for field in fields if field["kind"] != "checkbox"]
    empty = [field["label"] for field in texts if not typed[field["name"]].strip()]
    if sent and texts and len(empty) == len(texts):  # it would be a turn for nothing
        st.warning(_("Fill in “%(name)s” first.", name=empty[0]), icon=":material/edit:")
    elif sent:
        ask = Ask(says, conversation_id=message.conversation_id, scenario=message.scenario, form=typed)
        session.services().turns.start(who, ask)
        st.rerun()


def _field(message: Message, field: Mapping[str, str]) -> str:
    key, label = f"answer_{field['name']}_{message.id}", field["label"]
    if field["kind"] == "checkbox":
        return "true" if st.checkbox(label, key=key) else ""
    kind: Any = "password" if field["kind"] == "password" else "default"
    complete = _AUTOCOMPLETE.get(field["name"], "off")
    return str(st.text_input(label, key=key, type=kind, max_chars=_LONGEST, autocomplete=complete) or "")
