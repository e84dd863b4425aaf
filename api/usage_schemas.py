"""What the API says about tokens and cost."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from core.entities.usage import Dimension, UsageSum
from services.chat.usage import Report


class UsageSumOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str = Field(description="The day, person, role, activity, scenario, provider or model.")
    answers: int
    prompt_tokens: int
    completion_tokens: int
    tokens: int
    estimated: int = Field(description="How many of the tokens no provider counted.")
    cost: float = Field(description="At the prices of now, in their currency.")
    unpriced: int = Field(description="Tokens of models without a price; the cost leaves them out.")

    @classmethod
    def of(cls, part: UsageSum) -> UsageSumOut:
        return cls.model_validate(part)


class UsageOut(BaseModel):
    by: Dimension
    days: int | None
    everybody: bool = Field(description="False: only the caller's own.")
    total: UsageSumOut
    parts: list[UsageSumOut]

    @classmethod
    def of(cls, report: Report) -> UsageOut:
        parts = [UsageSumOut.of(part) for part in report.parts]
        total = UsageSumOut.of(report.total)
        return cls(by=report.by, days=report.days, everybody=report.everybody, total=total, parts=parts)
