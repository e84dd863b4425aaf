"""What the next question is asked of: collection, provider, model and parameters."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import collection_titles, parameters, session
from components.i18n import N_, _
from core.entities import Principal
from core.roles import Permission
from rag import providers
from services.asking import Ask

_AUTOMATIC = N_("Automatic")


def draw(who: Principal) -> dict[str, Any]:
    """Draws the popover; the choices as arguments of `Ask`, none for who may not choose."""
    if not who.may(Permission.CHAT_DOCUMENTS):
        return {}
    with st.popover(_("Options"), icon=":material/tune:", key="assistant_options", help=_("For the next question")):
        return {"collection": _collection(who), **_model()}


def ask(message: str, conversation_id: Any, options: dict[str, Any]) -> Ask:
    return Ask(message=message, conversation_id=conversation_id, **options)


def _collection(who: Principal) -> str:
    readable = collection_titles.in_order(session.services().collections.list(who))
    collections = {one.name: collection_titles.title(one) for one in readable}
    names = list(collections)
    return st.selectbox(
        _("Collection"),
        names,
        format_func=collections.__getitem__,
        key="assistant_collection",
    )


def _model() -> dict[str, Any]:
    retrieval = st.toggle(
        _("Answer from the collection"),
        True,
        key="assistant_retrieval",
        help=_("Off: the model answers from what it has learned, without citations."),
    )
    names = [providers.AUTO, *providers.REGISTRY]
    provider = st.selectbox(_("Provider"), names, format_func=_provider, key="assistant_provider")
    chosen: dict[str, Any] = {"retrieval": retrieval, "provider": provider if provider != providers.AUTO else None}
    if provider not in (providers.AUTO, "extractive"):
        model = st.text_input(_("Model"), key="assistant_model", placeholder=_("The provider's default"))
        chosen["model"] = (model or "").strip() or None
    if provider != "extractive":
        chosen["params"] = providers.Params.read(parameters.draw("assistant"))
    return chosen


def _provider(name: str) -> str:
    return _(_AUTOMATIC) if name == providers.AUTO else _(providers.get(name).label)
