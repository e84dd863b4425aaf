"""What every body, form and address is checked for before it is looked at: text and numbers that can be kept."""

from __future__ import annotations

import math
from datetime import UTC
from typing import Annotated, Any, ClassVar

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

_LARGEST = 2**63 - 1  # of PostgreSQL's bigint
_MOST = 2**31 - 1  # of its integer, and so of every number that counts something


def _storable(text: str) -> str:
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("it holds a character that is not text")
    return text


def _keepable(value: Any) -> Any:
    """`value` as JSON gave it. Python reads more than JSON has: numbers of any length, NaN and Infinity."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            _storable(one)
        elif isinstance(one, int | float) and not (math.isfinite(one) if isinstance(one, float) else _fits(one)):
            raise ValueError("it holds a number that is out of range")
        elif isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one
    return value


def _fits(number: int) -> bool:
    return -_LARGEST <= number <= _LARGEST


def _in_time(moment: AwareDatetime) -> AwareDatetime:
    """Every time zone can still show it."""
    try:
        fits = 1 < moment.astimezone(UTC).year < 9999
    except OverflowError:
        fits = False
    if not fits:
        raise ValueError("it is out of range")
    return moment


Storable = Annotated[str, AfterValidator(_storable)]
"""Text that PostgreSQL can keep: without NUL and without half a character."""

Short = Annotated[Storable, Field(max_length=300)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_time)]

Name = Annotated[Storable, Path(description="The name of a collection, as GET /api/collections has it.")]
Number = Annotated[int, Path(ge=1, le=_MOST, description="Counted from 1.")]
Place = Annotated[int, Path(ge=0, le=_MOST, description="Counted from 0.")]


def example(**body: Any) -> ConfigDict:
    """The `model_config` of an Input whose description shows this body."""
    return ConfigDict(extra="forbid", json_schema_extra={"example": body})


class Input(BaseModel):
    """A body, or a part of one. What it does not know is refused, and so is what could not be kept, wherever it stands;
    `lenient` are fields whose text is mended instead."""

    model_config = ConfigDict(extra="forbid")
    lenient: ClassVar[frozenset[str]] = frozenset()

    @field_validator("*", mode="before")
    @classmethod
    def _can_be_kept(cls, value: Any, info: ValidationInfo) -> Any:
        return value if info.field_name in cls.lenient else _keepable(value)
