"""How an answer was made: every stage with its time and what it found, and the scenario to be set right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from components import collection_titles, errors, session, tables
from components.chat import turn_options
from components.i18n import N_, _, number
from components.markup import plain
from components.playground import form as playground_form
from components.tables import Column
from core.entities.answers import Step, Trace
from core.entities.messages import Message
from core.entities.people import Principal
from core.roles import Permission
from scenarios.router import SCENARIOS

_STEPS = {
    "limit": (N_("Limits"), "speed"),
    "guard": (N_("Guardrails"), "shield"),
    "provider": (N_("Choice of the model"), "memory"),
    "cache": (N_("Kept answers"), "inventory_2"),
    "route": (N_("Scenario by the words"), "alt_route"),
    "layout": (N_("Keyboard layout"), "keyboard"),
    "rewrite": (N_("Question made to stand alone"), "edit_note"),
    "route_evidence": (N_("Scenario by what there is to answer from"), "alt_route"),
    "route_model": (N_("Scenario by the model"), "alt_route"),
    "files": (N_("Files of this conversation"), "attach_file"),
    "scenario": (N_("Rules of the scenario"), "rule"),
    "retrieve": (N_("Search"), "search"),
    "answer": (N_("Answer"), "auto_awesome"),
    "gate": (N_("Check of the citations"), "verified"),
    "save": (N_("Saved"), "save"),
}


def button(who: Principal, message: Message) -> None:
    """Opens the dialog; for those who may choose what is asked."""
    if not who.may(Permission.CHAT):
        return
    said = _("How this was made")
    if st.button(said, icon=":material/route:", type="tertiary", key=f"assistant_made_{message.id}", help=said):
        st.dialog(said, width="large", icon=":material/route:")(_made)(who, message)


def _made(who: Principal, message: Message) -> None:
    with errors.shown():
        trace = session.services().turns.trace(who, message.id)
        if not trace.steps:
            st.caption(_("Nothing was kept about this answer."))
            return
        gate = trace.step("gate")
        cited = gate.found.get("cited", ()) if gate else ()
        for step in trace.steps:
            _step(step, cited)
        _correction(who, message, trace)


def _step(step: Step, cited: Sequence[int]) -> None:
    title, icon = _STEPS.get(step.name, (step.name, "chevron_right"))
    with st.container(key=f"made_{step.name}", gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/{icon}: **{_(title)}**", width="stretch")
            st.caption(_("%(n)s ms", n=number(step.ms, 1)), width="content")
        if said := _SAID.get(step.name):
            said(step.found)
        if step.name == "retrieve":
            _passages(step.found["passages"], cited)


# --- what each stage found ------------------------------------------------------------------------------------------


def _guard(found: Mapping[str, Any]) -> None:
    if found:
        st.caption(_("Stopped by the rule %(rule)s", rule=plain(found["rule"])))


def _provider(found: Mapping[str, Any]) -> None:
    st.caption(_model(found))


def _model(found: Mapping[str, Any]) -> str:
    """The provider as people know it, and the model where there is one."""
    model = found["model"] if found["provider"] != "extractive" else ""
    return " · ".join(plain(part) for part in (playground_form.label(found["provider"]), model) if part)


def _cache(found: Mapping[str, Any]) -> None:
    st.caption(_("The very same question was answered before.") if found["hit"] else _("Asked for the first time."))


def _route(found: Mapping[str, Any]) -> None:
    if "scenario" in found:
        title = turn_options.scenario_title(found["scenario"]) if found["scenario"] != "UNSURE" else _("Not sure")
        st.caption(f"{title}. {_(found['reason'])}")
        scores = sorted(found["scores"].items(), key=lambda one: -one[1])
        st.caption(" · ".join(f"{turn_options.scenario_title(name)} {number(score, 2)}" for name, score in scores))
    if "evidence" in found:
        evidence = (f"{turn_options.scenario_title(name)} {number(one, 2)}" for name, one in found["evidence"].items())
        st.caption(_("Evidence: %(evidence)s", evidence=" · ".join(evidence)))


def _rewrite(found: Mapping[str, Any]) -> None:
    by = _("by the model") if found["by"] == "model" else _("by rule")
    st.caption(f"“{plain(found['query'])}” ({by})")


def _files(found: Mapping[str, Any]) -> None:
    st.caption(" · ".join(plain(one["title"]) for one in found["files"]))


def _retrieve(found: Mapping[str, Any]) -> None:
    facts = [
        collection_titles.by_name(found["collection"]),
        _("evidence %(n)s of at least %(least)s", n=number(found["evidence"], 2), least=number(found["threshold"], 2)),
        _("known from before") if found["cached"] else "",
        _("by words alone: the embedding model cannot be used") if found["degraded"] else "",
        _("%(n)s beyond the budget", n=found["over_budget"]) if found["over_budget"] else "",
    ]
    st.caption(" · ".join(fact for fact in facts if fact))


def _passages(found: Sequence[Mapping[str, Any]], cited: Sequence[int]) -> None:
    """`cited` are places among `found`, from 1, in the order of the citations."""
    numbers = {place: n for n, place in enumerate(cited, start=1)}
    columns = (
        Column("title", _("Title")),
        Column("page", _("Page"), "number"),
        Column("cited", _("Cited as"), "number"),
        Column("score", _("Score"), "number"),
        Column("vector", _("Rank by meaning"), "number"),
        Column("lexical", _("Rank by words"), "number"),
    )
    rows = [{**one, "cited": numbers.get(place)} for place, one in enumerate(found, start=1)]
    if rows:
        tables.draw("made_passages", columns, rows, search=False)


def _answer(found: Mapping[str, Any]) -> None:
    tokens = found["prompt_tokens"] + found["completion_tokens"]
    counted = N_("about %(n)s tokens (estimated)") if found["estimated"] else N_("%(n)s tokens")
    facts = [
        _model(found),
        _("first word after %(n)s ms", n=number(found["first_ms"])) if found["first_ms"] is not None else "",
        _(counted, n=number(tokens)) if tokens else "",
        _("window of %(n)s tokens", n=number(found["window"])) if found["window"] else "",
        _("%(n)s passages given", n=found["passages"]),
        _("%(n)s passages without room", n=found["dropped_passages"]) if found["dropped_passages"] else "",
        _("%(n)s earlier messages without room", n=found["dropped_turns"]) if found["dropped_turns"] else "",
    ]
    st.caption(" · ".join(fact for fact in facts if fact))
    for tool in found["tools"]:
        arguments = ", ".join(f"{name}={value}" for name, value in tool["arguments"].items())
        st.caption(f":material/build: {plain(tool['name'])}({plain(arguments)}) {plain(tool['error'])}")
    if found["broken"]:
        st.caption(_("The model did not keep to the form of an answer: %(why)s", why=plain(found["broken"])))


def _gate(found: Mapping[str, Any]) -> None:
    if found["replaced"]:
        st.caption(_("What the model wrote did not stand up to the passages and was replaced."))
    elif found["cited"]:
        numbers = ", ".join(f"[{n}]" for n, _place in enumerate(found["cited"], start=1))
        st.caption(_("Cited: %(numbers)s", numbers=numbers))


_SAID: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "guard": _guard,
    "provider": _provider,
    "cache": _cache,
    "route": _route,
    "route_evidence": _route,
    "route_model": _route,
    "layout": _rewrite,
    "rewrite": _rewrite,
    "files": _files,
    "retrieve": _retrieve,
    "answer": _answer,
    "gate": _gate,
}


def _correction(who: Principal, message: Message, trace: Trace) -> None:
    """The person says what was meant: the answer is written anew there."""
    if trace.step("route") is None or message.scenario == "REGISTRATION":
        return
    offered = [one for one in SCENARIOS if one != "REGISTRATION" and one != message.scenario]
    if not who.may(Permission.CHAT_DOCUMENTS):
        offered = [one for one in offered if one in ("FAQ", "OFFTOPIC")]
    st.divider()
    st.caption(_("Was something else meant? The question is answered there, and the router learns from it."))
    with st.container(horizontal=True, gap="small", key=f"reroute_{message.id}"):
        for scenario in offered:
            pressed = st.button(turn_options.scenario_title(scenario), key=f"reroute_{message.id}_{scenario}")
            if pressed:
                session.services().turns.reroute(who, message.id, scenario)
                st.rerun()
