"""What the API reads and writes about one-time codes, registration and summaries."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from api.inputs import Input, Short, example
from core.entities.registration import Summary

Language = Annotated[Literal["en", "ru"] | None, Field(description="Of the mail; default: the installation's.")]


class CodeIn(Input):
    model_config = example(email="new@example.com")

    email: Short
    language: Language = None


class CodeSentOut(BaseModel):
    expires_in: int = Field(description="Seconds that the code is valid.")
    resend_in: int = Field(description="Seconds until another one may be asked for.")


class VerifyIn(Input):
    email: Short
    code: Annotated[str, Field(max_length=50)]


class ProofOut(BaseModel):
    verified: Literal[True] = True
    proof: str = Field(description="For one registration.")
    expires_in: int = Field(description="Seconds.")


class RegistrationIn(Input):
    email: Short
    proof: Short = Field(min_length=1)
    name: Short
    password: Annotated[str, Field(max_length=1000)]
    city: Short = ""
    niche: Short = Field(default="", description="The id of a niche.")
    language: Language = None


class RegisteredOut(BaseModel):
    status: Literal["active", "pending"]


class SummaryOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    conversation_id: UUID | None = Field(description="Null once the conversation is gone.")
    title: str
    text: str
    ended_by: Literal["cleared", "sign_out", "expired"]
    provider: str = Field(description="Empty where the sentences were picked out without a language model.")
    model: str
    created_at: datetime

    @classmethod
    def of(cls, summary: Summary) -> SummaryOut:
        return cls.model_validate(summary)
