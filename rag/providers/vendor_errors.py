"""What every vendor's HTTP answers and broken connections mean in our words."""

from __future__ import annotations

import json

import httpx

from core.errors import (
    ModelMissing,
    NichewiseError,
    ProviderBusy,
    ProviderFailed,
    ProviderTimeout,
    ProviderUnavailable,
)
from rag.providers.transport import Moved, TooMuch

_REFUSED_KEY = "The model server %(provider)s refused the access key. An administrator must correct it."
_NO_MODEL = "The model server %(provider)s does not have this model. Choose another model."
_NOT_ACCEPTED = "The model server %(provider)s does not accept this request. Change the model or its parameters."
_MOVED = "The model server %(provider)s sends on to another address. An administrator must correct its address."
ENDLESS = "The answer of %(provider)s did not end and was stopped. Ask again, or choose another model."
NO_KEY = "There is no access key for %(provider)s. An administrator can add one on the Providers page."
NO_ADDRESS = "There is no address for %(provider)s. An administrator can add one on the Providers page."


def by_status(label: str, status: int) -> NichewiseError:
    """The meaning of an HTTP status; the server's own words may quote keys and prompts, so they are not passed on."""
    if status in (400, 413, 422):
        return ProviderFailed(_NOT_ACCEPTED, provider=label)
    if status in (401, 403):
        return ProviderFailed(_REFUSED_KEY, provider=label)
    if status == 404:
        return ModelMissing(_NO_MODEL, provider=label)
    if status == 408:
        return ProviderTimeout(provider=label)
    if status == 429:
        return ProviderBusy(provider=label)
    if status == 503:
        return ProviderUnavailable(provider=label)
    return ProviderFailed(provider=label)


def by_transport(label: str, error: Exception) -> NichewiseError | None:
    """The meaning of what httpx raises, or of an answer that is JSON but not what the API promises."""
    if isinstance(error, Moved):
        return ProviderFailed(_MOVED, provider=label)
    if isinstance(error, TooMuch):
        return ProviderFailed(ENDLESS, provider=label)
    if isinstance(error, httpx.HTTPStatusError):
        return by_status(label, error.response.status_code)
    if isinstance(error, httpx.TimeoutException) and not isinstance(error, httpx.ConnectTimeout):
        return ProviderTimeout(provider=label)
    if isinstance(error, ConnectionError | httpx.ConnectError | httpx.ConnectTimeout):
        return ProviderUnavailable(provider=label)
    if isinstance(error, httpx.HTTPError | httpx.InvalidURL | httpx.StreamError | json.JSONDecodeError):
        return ProviderFailed(provider=label)
    if isinstance(error, KeyError | IndexError | TypeError | ValueError | AttributeError | RecursionError):
        return ProviderFailed(provider=label)  # how the vendors' clients break on such an answer
    return None
