"""Guardrails: what is stopped before a model sees it, and what no answer may hold."""

from __future__ import annotations

from functools import cache

from rag.guardrails.learned import Likeness
from rag.guardrails.output import OutputFilter
from rag.guardrails.rules import LEARNED, SHIPPED, RuleSet, Verdict, read, shipped


@cache
def _shipped() -> RuleSet:
    return shipped()


def check_prompt(text: str, rules: RuleSet | None = None) -> Verdict | None:
    """The first rule that stops `text`, by `rules` or by those that come with the product; None lets it pass."""
    return (rules or _shipped()).check_prompt(text)


def likeness(text: str) -> Likeness:
    """How much the learned check takes `text` for an attack."""
    return LEARNED.likeness(text)


__all__ = ["SHIPPED", "Likeness", "OutputFilter", "RuleSet", "Verdict", "check_prompt", "likeness", "read", "shipped"]
