"""What retrieval may be set to, and what a version must reach before it is published."""

from __future__ import annotations

from core.entities.evaluation import GateRule, RetrievalSettings
from core.errors import BadInput

MOST_WEIGHT = 10.0
RANK_CONSTANTS = (1, 1_000)
CONTEXT_TOKENS = (200, 100_000)


def checked(settings: RetrievalSettings) -> RetrievalSettings:
    """`BadInput` for numbers that no retrieval can work with."""
    weights = settings.lexical_weight, settings.vector_weight
    if not all(0 <= weight <= MOST_WEIGHT for weight in weights) or not sum(weights):
        raise BadInput("Give weights from 0 to %(most)s, and one of them above 0.", most=int(MOST_WEIGHT))
    low, high = RANK_CONSTANTS
    if not low <= settings.rank_constant <= high:
        raise BadInput("The rank constant is %(low)s to %(high)s.", low=low, high=high)
    if not 0 <= settings.threshold <= 1:
        raise BadInput("The threshold is 0 to 1.")
    low, high = CONTEXT_TOKENS
    if not low <= settings.context_tokens <= high:
        raise BadInput("The context budget is %(low)s to %(high)s tokens.", low=low, high=high)
    return settings


def checked_rule(rule: GateRule) -> GateRule:
    for value in (rule.least_recall, rule.most_loss):
        if value is not None and not 0 <= value <= 1:
            raise BadInput("Give shares from 0 to 1.")
    return rule
