"""What a provider is: a name, the parameters it accepts, and a factory of LlamaIndex's own `LLM`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Protocol

from core.entities import Usage
from core.errors import BadInput, NichewiseError
from core.settings import Settings

if TYPE_CHECKING:  # half a second of imports that the sign-in page must not wait for
    from llama_index.core.llms import LLM

CONNECT_SECONDS = 3.0
READ_SECONDS = 120.0  # between two pieces of a stream, and until the first: a large prompt is read slowly on a CPU
_CHARACTERS_PER_TOKEN = {"latin": 4.0, "other": 2.5}


@dataclass(frozen=True, slots=True)
class Params:
    """Generation parameters; None leaves a value to the model. `timeout` is in seconds between two pieces."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    context_window: int | None = None
    timeout: float | None = None

    def given(self) -> dict[str, Any]:
        """Those that were set, by name."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value not in (None, ())}

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Params:
        """From stored or received values; raises `BadInput` that names what cannot be used."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(values) - known):
            raise BadInput(
                "Unknown parameter %(name)s. Use: %(known)s.", name=unknown[0], known=", ".join(sorted(known))
            )
        read = dict(values)
        if "stop" in read:
            stop = read["stop"] or ()
            read["stop"] = (stop,) if isinstance(stop, str) else tuple(str(one) for one in stop)
        params = cls(**read)
        for name, (low, high) in LIMITS.items():
            value = getattr(params, name)
            if value is not None and not (_is_number(value) and low <= value <= high):
                raise BadInput("%(name)s must be between %(low)s and %(high)s.", name=name, low=low, high=high)
        return params


LIMITS: dict[str, tuple[float, float]] = {
    "temperature": (0.0, 2.0),
    "top_p": (0.0, 1.0),
    "top_k": (1, 1000),
    "max_tokens": (1, 32_768),
    "seed": (0, 2**31 - 1),
    "context_window": (512, 1_048_576),
    "timeout": (1, 600),
}
EVERY_PARAMETER = tuple(field.name for field in fields(Params))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True, slots=True)
class Ending:
    """What the last piece of a stream says: whether the model finished, and what it counted."""

    finished: bool
    usage: Usage | None = None


class Provider(Protocol):
    """A model server, or what stands for one. `accepts` names the fields of `Params` that it applies."""

    name: str
    label: str
    accepts: frozenset[str]

    def default_model(self, settings: Settings) -> str: ...

    def llm(self, settings: Settings, model: str, params: Params) -> LLM:
        """A ready LLM; one is made per answer, all on the event loop that answers run on."""
        ...

    async def models(self, settings: Settings) -> tuple[str, ...]:
        """What the server offers, which is also the check that it answers."""
        ...

    def explain(self, error: Exception) -> NichewiseError | None:
        """The vendor's error in words of ours; None if it is not the vendor's."""
        ...

    def ending(self, raw: Any) -> Ending:
        """Reads `ChatResponse.raw` of the last piece of a stream, or of a whole answer."""
        ...


def ignored(provider: Provider, params: Params) -> tuple[str, ...]:
    """Parameters that were set and that `provider` cannot apply; they are reported, never silently dropped."""
    return tuple(name for name in params.given() if name not in provider.accepts)


@contextmanager
def translated(provider: Provider) -> Iterator[None]:
    """Everything the vendor's client raises inside becomes an error of `core.errors`."""
    try:
        yield
    except NichewiseError:
        raise
    except Exception as error:
        explained = provider.explain(error)
        if explained is None:
            raise
        raise explained from error


def estimate_tokens(text: str) -> int:
    """Tokens of `text` by its length, for servers that do not count: four characters of Latin script, 2.5 of others."""
    latin = sum(char < "\u0250" for char in text)
    tokens = latin / _CHARACTERS_PER_TOKEN["latin"] + (len(text) - latin) / _CHARACTERS_PER_TOKEN["other"]
    return math.ceil(tokens)
