"""The buttons under an answer: pressing one sends its message."""

from __future__ import annotations

import streamlit as st

from components import errors, session
from components.markup import plain, short
from core.entities.answers import Choice
from core.entities.messages import Message
from services.chat.asking import Ask

_LABEL = 60  # characters


def draw(message: Message) -> None:
    if not message.content.choices:
        return
    with st.container(horizontal=True, gap="small", key=f"choices_{message.id}"):
        for place, choice in enumerate(message.content.choices):
            st.button(
                plain(short(choice.label, _LABEL)),
                key=f"choice_{message.id}_{place}",
                on_click=errors.kept(_press),
                args=(message, choice),
            )


def _press(message: Message, choice: Choice) -> None:
    given = session.get("assistant_options_given", {})
    model = {name: given[name] for name in ("provider", "model", "params") if given.get(name)}
    ask = Ask(
        choice.message,
        message.conversation_id,
        scenario=choice.scenario or None,
        picked=choice.value,
        **model,
    )
    session.services().turns.start(session.principal(), ask)
