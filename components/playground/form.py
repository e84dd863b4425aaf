"""What is asked in the playground: the question, the collection, and the configuration of each column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from components import collection_titles, errors, parameters, session
from components.i18n import N_, _
from components.markup import plain
from core.entities.people import Principal
from core.entities.playground import Configuration, Experiment, Preset, ServerStatus
from rag import providers
from services.chat.asking import LONGEST_MESSAGE
from services.playground.comparisons import MOST_LANES, MOST_REPEATS, Comparison

_AUTOMATIC = N_("Automatic")
_PARAMETERS = ("temperature", "top_p", "max_tokens", "seed")
_FIRST_COLUMNS = 2
_LOOK_SECONDS = 0.4  # for the models of servers that have not been asked yet


def draw(who: Principal, presets: Sequence[Preset], run: Callable[[Principal], None]) -> None:
    """Draws the form; its button calls `run` before the page is drawn anew."""
    _refill()
    with st.container(border=True, key="playground_form"):
        st.text_area(
            _("Question"),
            key="playground_question",
            max_chars=LONGEST_MESSAGE,
            height=96,
            placeholder=_("Ask all columns the same question"),
        )
        with st.container(horizontal=True, vertical_alignment="bottom", key="playground_bar"):
            _collection(who)
            st.number_input(_("Repeats"), 1, MOST_REPEATS, key="playground_repeats", width=120)
            st.segmented_control(
                _("Columns"),
                range(1, MOST_LANES + 1),
                default=_FIRST_COLUMNS if "playground_count" not in st.session_state else None,
                key="playground_count",
                required=True,
            )
            st.toggle(_("Blind"), key="playground_blind", help=_("Names stay hidden until you have voted."))
            st.button(
                _("Run"),
                type="primary",
                icon=":material/play_arrow:",
                key="playground_run",
                on_click=errors.kept(run),
                args=(who,),
            )
        _columns(who, {preset.name: preset for preset in presets})


def comparison() -> Comparison:
    """The form as it is filled in."""
    lanes = [_configuration(f"playground_{number}") for number in range(_count())]
    collection = session.get("playground_collection") if any(lane.retrieval for lane in lanes) else None
    return Comparison(
        session.get("playground_question", ""), lanes, collection or "", int(session.get("playground_repeats", 1))
    )


def fill(experiment: Experiment) -> None:
    """Puts what an experiment asked into the form, when it is next drawn."""
    session.put("playground_fill", experiment)


def _refill() -> None:
    experiment: Experiment | None = session.take("playground_fill")
    if experiment is None:
        return
    session.put("playground_question", experiment.question)
    session.put("playground_repeats", experiment.repeats)
    session.put("playground_count", len(experiment.lanes))
    if experiment.collection:
        session.put("playground_collection", experiment.collection)
    for number, lane in enumerate(experiment.lanes):
        _put(f"playground_{number}", lane.configuration)


def _put(prefix: str, chosen: Configuration) -> None:
    session.put(f"{prefix}_provider", chosen.provider or providers.AUTO)
    session.put(f"{prefix}_model", chosen.model)
    session.put(f"{prefix}_system", chosen.instructions)
    session.put(f"{prefix}_retrieval", chosen.retrieval)
    for name in _PARAMETERS:
        session.put(f"{prefix}_{name}_on", name in chosen.params)
        if name in chosen.params:
            session.put(f"{prefix}_{name}", chosen.params[name])


def _columns(who: Principal, presets: dict[str, Preset]) -> None:
    seen = {one.name: one for one in session.services().providers.look(who, seconds=_LOOK_SECONDS)}
    for number, place in enumerate(st.columns(_count())):
        with place:
            prefix = f"playground_{number}"
            chosen = _configuration(prefix)
            name = f"{number + 1} · {label(chosen.provider or providers.AUTO)}"
            with st.popover(name, icon=":material/tune:", width="stretch", key=f"{prefix}_settings"):
                _column(prefix, presets, seen)
            st.caption(plain(_summary(chosen)))


def _column(prefix: str, presets: dict[str, Preset], seen: Mapping[str, ServerStatus]) -> None:
    if presets:
        key = f"{prefix}_preset"
        st.selectbox(
            _("Preset"), presets, index=None, key=key, on_change=_use_preset, args=(prefix, presets),
            placeholder=_("Choose a preset"),
        )  # fmt: skip
    names = [providers.AUTO, *providers.REGISTRY]
    now = session.get(f"{prefix}_provider", providers.AUTO)
    provider = st.selectbox(_("Provider"), names, names.index(now), format_func=label, key=f"{prefix}_provider")
    if provider not in (providers.AUTO, "extractive"):
        model(_("Model"), f"{prefix}_model", seen[provider])
    retrieval = f"{prefix}_retrieval"
    st.toggle(_("Answer from the collection"), session.get(retrieval, True), key=retrieval)
    if provider != "extractive":
        parameters.draw(prefix, seen[provider].accepts if provider in seen else None)
        system = f"{prefix}_system"
        st.text_area(
            _("System prompt"), session.get(system, ""), key=system, height=96, placeholder=_("The product's own")
        )


def model(title: str, key: str, status: ServerStatus) -> str:
    """One of the server's models, or a name that is typed in; empty leaves it to the provider."""
    now = session.get(key)
    default = _("%(model)s (the provider's default)", model=status.default_model)
    known = list(dict.fromkeys([*([now] if now else []), *status.models]))
    typed = st.selectbox(
        title, known, known.index(now) if now else None, key=key, placeholder=default, accept_new_options=True
    )
    return (typed or "").strip()


def _use_preset(prefix: str, presets: dict[str, Preset]) -> None:
    preset = presets.get(session.get(f"{prefix}_preset"))
    if preset is not None:
        _put(prefix, preset.configuration)


def _configuration(prefix: str) -> Configuration:
    provider = session.get(f"{prefix}_provider", providers.AUTO)
    params: dict[str, Any] = _chosen(prefix) if provider != "extractive" else {}
    model = session.get(f"{prefix}_model", "") if provider not in (providers.AUTO, "extractive") else ""
    return Configuration(
        provider=None if provider == providers.AUTO else provider,
        model=(model or "").strip() or None,
        params=params,
        instructions=session.get(f"{prefix}_system", "") if provider != "extractive" else "",
        retrieval=session.get(f"{prefix}_retrieval", True),
    )


def _chosen(prefix: str) -> dict[str, Any]:
    on = (name for name in _PARAMETERS if session.get(f"{prefix}_{name}_on"))
    return {name: session.get(f"{prefix}_{name}") for name in on if session.get(f"{prefix}_{name}") is not None}


def _summary(chosen: Configuration) -> str:
    """What differs from the rest, under the column's button: a model, parameters, a prompt of its own."""
    parts = [chosen.model or "", parameters.said(chosen.params)]
    parts += [_("own system prompt")] if chosen.instructions else []
    parts += [] if chosen.retrieval else [_("without documents")]
    return " · ".join(filter(None, parts)) or _("The provider's own parameters")


def _collection(who: Principal) -> None:
    readable = collection_titles.in_order(session.services().collections.list(who))
    titles = {one.name: collection_titles.title(one) for one in readable}
    st.selectbox(_("Collection"), titles, format_func=titles.__getitem__, key="playground_collection", width=240)


def _count() -> int:
    return int(session.get("playground_count") or _FIRST_COLUMNS)


def label(provider: str) -> str:
    """The provider's name for people."""
    return _(_AUTOMATIC) if provider == providers.AUTO else _(providers.get(provider).label)
