"""What the next question is asked of: preset, scenario, collection, provider, model and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from components import collection_titles, parameters, session
from components.i18n import N_, _
from core.entities.people import Principal
from core.entities.playground import Preset
from core.roles import Permission
from rag import providers
from services.chat.asking import Ask

AUTOMATIC = N_("Automatic")
SCENARIOS = {
    "FAQ": N_("Help"),
    "ANALYTICS": N_("Analytics"),
    "DOCUMENTS": N_("Documents"),
    "OFFTOPIC": N_("Small talk"),
    "REGISTRATION": N_("Registration"),
}
_CHOSEN = ("DOCUMENTS", "ANALYTICS", "FAQ")  # what a person asks for by name


def draw(who: Principal) -> dict[str, Any]:
    """Draws the popover; the choices as arguments of `Ask`, none for who may not choose."""
    if not who.may(Permission.CHAT_DOCUMENTS):
        return {}
    with st.popover(_("Options"), icon=":material/tune:", key="assistant_options", help=_("For the next question")):
        preset = _preset(who)
        chosen: dict[str, Any] = {"scenario": _scenario(), "collection": _collection(who)}
        chosen |= _of_preset(preset) if preset else _model()
    session.put("assistant_options_given", chosen)
    return chosen


def ask(message: str, conversation_id: Any, options: Mapping[str, Any]) -> Ask:
    return Ask(message=message, conversation_id=conversation_id, **options)


def scenario_title(name: str) -> str:
    return _(SCENARIOS[name]) if name in SCENARIOS else name


def _preset(who: Principal) -> Preset | None:
    presets = {preset.name: preset for preset in session.services().presets.list(who)}
    if not presets:
        return None
    name = st.selectbox(
        _("Preset"),
        list(presets),
        index=None,
        placeholder=_("None"),
        key="assistant_preset",
        help=_("A configuration that proved good in the playground."),
    )
    return presets.get(name) if name else None


def _of_preset(preset: Preset) -> dict[str, Any]:
    made = preset.configuration
    st.caption(" · ".join(part for part in (made.provider or _(AUTOMATIC), made.model or "") if part))
    return {
        "retrieval": made.retrieval,
        "provider": made.provider,
        "model": made.model,
        "params": providers.Params.read(dict(made.params)),
    }


def _scenario() -> str | None:
    return st.selectbox(
        _("Scenario"),
        list(_CHOSEN),
        index=None,
        format_func=scenario_title,
        placeholder=_(AUTOMATIC),
        key="assistant_scenario",
        help=_("Automatic: the assistant decides by your message."),
    )


def _collection(who: Principal) -> str | None:
    readable = collection_titles.in_order(session.services().collections.list(who))
    collections = {one.name: collection_titles.title(one) for one in readable}
    return st.selectbox(
        _("Collection"),
        list(collections),
        index=None,
        format_func=collections.__getitem__,
        placeholder=_(AUTOMATIC),
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
    return _(AUTOMATIC) if name == providers.AUTO else _(providers.get(name).label)
