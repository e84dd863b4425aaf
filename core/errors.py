"""The tree of errors that people may read.

NichewiseError
├── BadInput 400
│   ├── WeakPassword 400
│   ├── WrongCode 400
│   ├── UnsupportedFormat 415
│   ├── TooLarge 413
│   └── FingerprintMismatch 409
├── NotSignedIn 401
│   └── WrongCredentials 401
├── Forbidden 403
├── NotFound 404
├── Conflict 409
├── TooMany 429
│   └── Locked 429
├── ParseFailed 422
├── SourceFailed 422
├── Unavailable 503
│   ├── ProviderUnavailable 503
│   │   └── ModelMissing 503
│   └── NotReady 503
├── ProviderFailed 502
│   ├── ProviderBusy 503
│   └── ProviderTimeout 504
└── StartupError 500

A class carries an HTTP status, a stable code for programs, and one English sentence that says what to do; the
sentence is the gettext message id, and `%(name)s` places in it are filled from the keyword arguments.
"""

from __future__ import annotations

from typing import Any, ClassVar


class NichewiseError(Exception):
    """Base: `NichewiseError("Sentence with %(what)s.", what=...)`; without a sentence the class's own is used."""

    status: ClassVar[int] = 500
    sentence: ClassVar[str] = "Something went wrong. Try again; if it happens again, tell an administrator."

    def __init__(self, sentence: str | None = None, **values: Any) -> None:
        self.template = sentence or type(self).sentence
        self.values = values
        super().__init__(self.message)

    @property
    def code(self) -> str:
        """snake_case class name, e.g. `not_found`."""
        name = type(self).__name__
        return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")

    @property
    def message(self) -> str:
        return self.template % self.values if self.values else self.template


class BadInput(NichewiseError):
    status = 400
    sentence = "This input cannot be used. Correct it and try again."


class WeakPassword(BadInput):
    sentence = "Choose a password of at least 10 characters that is not your e-mail and not a common one."


class WrongCode(BadInput):
    sentence = "This code is wrong, used already or too old. Check it, or ask for a new one."


class UnsupportedFormat(BadInput):
    status = 415
    sentence = "Files of this format cannot be read. Upload one of: %(formats)s."


class TooLarge(BadInput):
    status = 413
    sentence = "The file is larger than the limit of %(limit)s."


class FingerprintMismatch(BadInput):
    status = 409
    sentence = (
        "This collection was indexed with the embedding model %(model)s, whose vectors cannot be made any more. "
        "Re-index the collection."
    )


class NotSignedIn(NichewiseError):
    status = 401
    sentence = "Sign in to continue."


class WrongCredentials(NotSignedIn):
    sentence = "E-mail or password is wrong."


class Forbidden(NichewiseError):
    status = 403
    sentence = "Your role does not allow this. Ask an administrator if you need it."


class NotFound(NichewiseError):
    status = 404
    sentence = "This does not exist, or you may not see it."


class Conflict(NichewiseError):
    status = 409
    sentence = "This exists already."


class TooMany(NichewiseError):
    """Values: `seconds` until the next try is allowed."""

    status = 429
    sentence = "Too many requests. Try again in %(seconds)s s."


class Locked(TooMany):
    sentence = "Too many wrong tries. Sign-in is locked for this e-mail; try again in %(minutes)s min."


class ParseFailed(NichewiseError):
    status = 422
    sentence = "The file could not be read."


class SourceFailed(NichewiseError):
    status = 422
    sentence = "The source could not be read."


class Unavailable(NichewiseError):
    status = 503
    sentence = "This part of the service is not reachable right now. Try again in a minute."


class ProviderUnavailable(Unavailable):
    sentence = "The model server %(provider)s does not answer. Start it, or choose another provider."


class ModelMissing(ProviderUnavailable):
    sentence = (
        "The model server %(provider)s does not have this model. Pull it there (ollama pull NAME), "
        "or choose another model."
    )


class NotReady(Unavailable):
    sentence = "The service is still starting. Try again in a few seconds."


class ProviderFailed(NichewiseError):
    status = 502
    sentence = "The model server %(provider)s answered with an error. Try again, or choose another provider."


class ProviderBusy(ProviderFailed):
    status = 503
    sentence = "The model server %(provider)s is busy. Try again in a minute, or choose another provider."


class ProviderTimeout(ProviderFailed):
    status = 504
    sentence = "The model server %(provider)s took too long. Try again, or choose another provider."


class StartupError(NichewiseError):
    """Start-up cannot go on; the sentence says what to change."""
