"""What a provider is: a name, the parameters it accepts, and a factory of LlamaIndex's own `LLM`."""

from __future__ import annotations

import math
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from core.entities.messages import Usage
from core.errors import NichewiseError
from core.settings import Settings
from rag.providers.params import Params
from rag.providers.transport import LONGEST_FACTS, BoundedTransport

if TYPE_CHECKING:  # half a second of imports that the sign-in page must not wait for
    from llama_index.core.llms import LLM

CONNECT_SECONDS = 3.0
READ_SECONDS = 120.0  # between two pieces of a stream, and until the first: a large prompt is read slowly on a CPU
ASK_SECONDS = 8.0  # for what a server knows at once: its models and their windows
_MOST_MODELS = 1_000
_LONGEST_NAME = 200  # characters
_MOST_TOKENS = 10_000_000
_CHARACTERS_PER_TOKEN = {"latin": 4.0, "other": 2.5}


@dataclass(frozen=True, slots=True)
class Ending:
    """What the last piece of a stream says: whether the model finished, and what it counted."""

    finished: bool
    usage: Usage | None = None


class Provider(Protocol):
    """A model server, or what stands for one. `accepts` names the fields of `Params` that it applies; `usual_window` is
    how much of a model's window is used unless more is asked for, in tokens, None for all of it."""

    name: str
    label: str
    accepts: frozenset[str]
    usual_window: int | None

    def default_model(self, settings: Settings) -> str: ...

    def configured(self, settings: Settings) -> bool:
        """Whether the settings hold what it needs: a key, an address."""
        ...

    def address(self, settings: Settings) -> str:
        """Names the server: what shares a queue and a circuit breaker."""
        ...

    def applied(self, model: str) -> frozenset[str]:
        """Those of `accepts` that this model takes."""
        ...

    def load(self) -> None:
        """Imports the vendor's client and the LLM, which takes seconds: on a thread, so that no answer waits for it."""
        ...

    def llm(self, settings: Settings, model: str, params: Params) -> LLM:
        """A ready LLM; one is made per answer, all on the event loop that answers run on."""
        ...

    async def models(self, settings: Settings) -> tuple[str, ...]:
        """What the server offers, which is also the check that it answers."""
        ...

    async def window(self, settings: Settings, model: str) -> int | None:
        """The model's real context window in tokens; None where the server does not tell and no table knows."""
        ...

    def explain(self, error: Exception) -> NichewiseError | None:
        """The vendor's error in words of ours; None if it is not the vendor's."""
        ...

    def ending(self, raw: Any) -> Ending:
        """Reads `ChatResponse.raw` of the last piece of a stream, or of a whole answer."""
        ...


def ignored(provider: Provider, params: Params, model: str = "") -> tuple[str, ...]:
    """Parameters that were set and that `provider` cannot apply; they are reported, never silently dropped."""
    return tuple(name for name in params.given() if name not in provider.applied(model))


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


async def close(llm: LLM) -> None:
    """Ends what an LLM left open, such as the connection of a stream that broke or was stopped."""
    if (aclose := getattr(llm, "aclose", None)) is not None:
        await aclose()


def http_client(
    url: str, read_seconds: float, longest: int = LONGEST_FACTS, connect_seconds: float = CONNECT_SECONDS
) -> httpx.AsyncClient:
    """A client for one answer of `longest` bytes: nothing is left open when it ends, and nothing of the environment is
    used."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(read_seconds, connect=connect_seconds), trust_env=False, transport=transport(url, longest)
    )


def transport(url: str, longest: int) -> BoundedTransport:
    return BoundedTransport(longest, verify=secure(url), limits=httpx.Limits(max_keepalive_connections=0))


def secure(url: str) -> ssl.SSLContext:
    """What httpx is to verify a server with; a plain-http one needs no certificates. Each is made once: to make one
    costs as much as to ask, on the loop that all answers share."""
    return _without_certificates() if url.startswith("http://") else _certificates()


@cache
def _without_certificates() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def ended(provider: Provider, raw: Any) -> Ending:
    """What the last piece says; of a shape that the vendor does not know, it says nothing."""
    try:
        return provider.ending(raw or {})
    except (AttributeError, KeyError, TypeError, ValueError):
        return Ending(finished=False)


def readable(text: str) -> str:
    """`text` without what can neither be kept nor sent: NUL, and halves of characters that no other half follows."""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\x00", "")


def named(models: Iterable[object]) -> tuple[str, ...]:
    """What a server lists, without what can be no name of a model."""
    usable = (one for one in models if isinstance(one, str) and 0 < len(one) <= _LONGEST_NAME and one.isprintable())
    return tuple(islice(usable, _MOST_MODELS))


def tokens(said: object) -> int | None:
    """A number of tokens as a server says it; None where it cannot be one."""
    return said if type(said) is int and 0 <= said <= _MOST_TOKENS else None


def counted(prompt: object, completion: object) -> Usage | None:
    """What a server says that it counted; None where it did not."""
    read, written = tokens(prompt), tokens(completion)
    return None if read is None or written is None else Usage(read, written, estimated=False)


def estimate_tokens(text: str) -> int:
    """Tokens of `text` by its length, for servers that do not count: four characters of Latin script, 2.5 of others."""
    latin = sum(char < "\u0250" for char in text)
    tokens = latin / _CHARACTERS_PER_TOKEN["latin"] + (len(text) - latin) / _CHARACTERS_PER_TOKEN["other"]
    return math.ceil(tokens)
