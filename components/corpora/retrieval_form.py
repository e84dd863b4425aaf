"""The knobs of retrieval: weights, threshold, what is made of passages; as widgets that act at once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from components import session
from components.i18n import _, number, stored
from core.entities.evaluation import RetrievalSettings
from services.retrieval.rules import CONTEXT_TOKENS

_FIELDS = (
    "lexical_weight", "vector_weight", "rank_constant", "threshold", "context_tokens", "collapse", "merge", "rerank",
)  # fmt: skip


def draw(name: str, start: RetrievalSettings) -> RetrievalSettings:
    """What the widgets called `name` say; they begin with `start`."""
    # A value that is put counts for a widget of the same run alone: after a run that broke off it is put again.
    if not session.get(f"{name}_drawn") or any(session.get(f"{name}_{field}") is None for field in _FIELDS):
        set_to(name, replace(start, **_values(name)))
    fusion, answer = st.columns(2, gap="large")
    with fusion:
        _fusion(name)
    with answer:
        _answer(name)
    session.put(f"{name}_drawn", True)
    return replace(start, **_values(name))


def _values(name: str) -> dict[str, Any]:
    known = {field: session.get(f"{name}_{field}") for field in _FIELDS}
    return {field: value for field, value in known.items() if value is not None}


def _now(name: str, field: str) -> Any:
    """The default of a widget: the browser begins one that was folded away with it, whatever the session has."""
    return session.get(f"{name}_{field}")


def _fusion(name: str) -> None:
    now = partial(_now, name)
    st.slider(_("Weight of words"), 0.0, 2.0, now("lexical_weight"), 0.05, key=f"{name}_lexical_weight")
    st.slider(
        _("Weight of meaning"), 0.0, 2.0, now("vector_weight"), 0.05, key=f"{name}_vector_weight",
        help=_("Where the embedding model does not speak the language, words decide alone, whatever the weights."),
    )  # fmt: skip
    st.slider(
        _("Rank constant"), 1, 100, now("rank_constant"), key=f"{name}_rank_constant",
        help=_("How much the first ranks of a leg count above the ones below: a smaller number, a larger difference."),
    )  # fmt: skip
    problem = session.services().lab.reranker_problem
    key = f"{name}_rerank"
    st.toggle(_("Re-rank with the cross-encoder"), now("rerank"), key=key, disabled=bool(problem))
    if problem:
        st.caption(stored(problem))


def _answer(name: str) -> None:
    now = partial(_now, name)
    st.slider(
        _("Evidence threshold"), 0.0, 1.0, now("threshold"), 0.01, key=f"{name}_threshold",
        help=_("Below this evidence the assistant refuses instead of answering."),
    )  # fmt: skip
    low, high = CONTEXT_TOKENS
    st.number_input(
        _("Context budget, tokens"), low, high, now("context_tokens"), 100, key=f"{name}_context_tokens",
        help=_("How much of the passages an answer is written from, estimated by length."),
    )  # fmt: skip
    st.toggle(_("Collapse near-duplicates"), now("collapse"), key=f"{name}_collapse")
    st.toggle(_("Join neighbouring passages for an answer"), now("merge"), key=f"{name}_merge")


def set_to(name: str, settings: RetrievalSettings) -> None:
    """What the widgets called `name` say when they are drawn next."""
    session.put(f"{name}_drawn", False)
    for field in _FIELDS:
        session.put(f"{name}_{field}", getattr(settings, field))


def summary(settings: RetrievalSettings) -> str:
    """One line: what differs between two settings at a glance."""
    weights = _(
        "words %(lexical)s, meaning %(vector)s, constant %(constant)s, threshold %(threshold)s",
        lexical=number(settings.lexical_weight, 2),
        vector=number(settings.vector_weight, 2),
        constant=settings.rank_constant,
        threshold=number(settings.threshold, 2),
    )
    return f"{weights}, {_('re-ranked')}" if settings.rerank else weights


def short_summary(settings: RetrievalSettings) -> str:
    """The same for a list: the weights alone, `words : meaning`, and what stands out besides."""
    weights = _(
        "words %(lexical)s : meaning %(vector)s",
        lexical=number(settings.lexical_weight, 2),
        vector=number(settings.vector_weight, 2),
    )
    rest = (f"k {settings.rank_constant}", *([_("re-ranked")] if settings.rerank else []))
    return ", ".join((weights, *rest))
