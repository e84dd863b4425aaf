"""Generation parameters: their names, their limits, and how they are read from what people send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from core.errors import BadInput

LIMITS: dict[str, tuple[float, float]] = {
    "temperature": (0.0, 2.0),
    "top_p": (0.0, 1.0),
    "top_k": (1, 1000),
    "max_tokens": (1, 32_768),
    "seed": (0, 2**31 - 1),
    "context_window": (512, 1_048_576),
    "timeout": (1, 600),
}
_WHOLE = ("top_k", "max_tokens", "seed", "context_window")
_MOST_STOPS = 4
_LONGEST_STOP = 100  # characters


@dataclass(frozen=True, slots=True)
class Params:
    """None leaves a value to the model. `timeout` is in seconds between two pieces of an answer."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    context_window: int | None = None
    timeout: float | None = None

    def given(self) -> dict[str, Any]:
        """Those that were set, by name, as JSON can hold them."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values["stop"] = list(self.stop) or None
        return {name: value for name, value in values.items() if value is not None}

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Params:
        """From stored or received values; raises `BadInput` that names what cannot be used."""
        known = [field.name for field in fields(cls)]
        if unknown := sorted(set(values) - set(known)):
            raise BadInput("Unknown parameter %(name)s. Use: %(known)s.", name=unknown[0], known=", ".join(known))
        read = {name: value for name, value in values.items() if value is not None}
        if "stop" in read:
            read["stop"] = _stops(read["stop"])
        for name, (low, high) in LIMITS.items():
            if name in read and not _fits(name, read[name], low, high):
                raise BadInput("%(name)s must be between %(low)s and %(high)s.", name=name, low=low, high=high)
        return cls(**read)


def _stops(value: Any) -> tuple[str, ...]:
    stops = (value,) if isinstance(value, str) else value
    usable = isinstance(stops, list | tuple) and len(stops) <= _MOST_STOPS
    if not usable or not all(isinstance(stop, str) and _storable(stop) for stop in stops):
        raise BadInput(
            "Use up to %(most)s stop texts of 1 to %(longest)s characters each.",
            most=_MOST_STOPS,
            longest=_LONGEST_STOP,
        )
    return tuple(stops)


def _storable(stop: str) -> bool:
    readable = "\x00" not in stop and not any("\ud800" <= character <= "\udfff" for character in stop)
    return readable and 1 <= len(stop) <= _LONGEST_STOP


def _fits(name: str, value: object, low: float, high: float) -> bool:
    number = isinstance(value, int) if name in _WHOLE else isinstance(value, int | float)
    if not number or isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return low <= value <= high  # not so for NaN; a whole number may be longer than any float
