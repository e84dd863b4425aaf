"""What the kinds of sources share: their configuration, what they may touch, and texts as records."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from core.entities.sources import Broken, Record
from core.errors import BadInput
from rag.sources.limits import Limits
from rag.sources.network import Reach, Web

LONGEST_KEY = 500  # characters
_LONGEST_TITLE = 120
_KEPT = "•••"  # what stands for a credential that is set

TextFormat = Literal["text", "markdown", "html"]
SUFFIXES: Mapping[TextFormat, str] = {"text": ".txt", "markdown": ".md", "html": ".html"}
NO_TEXT = "The record has no text."
NO_ID = "The record has no id."
TOO_LONG = "The record is longer than the limit of %(limit)s."


class Config(BaseModel):
    """The settings of one source. Credentials are `SecretStr`, or a mapping of names to `SecretStr`."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, hide_input_in_errors=True)

    @property
    def addressee(self) -> str:
        """Whom the credentials are for: changed to another, they do not go along."""
        return ""

    def revealed(self) -> dict[str, Any]:
        """With its credentials, to be sealed."""
        return {name: _each(value, SecretStr.get_secret_value) for name, value in self}

    def shown(self) -> dict[str, Any]:
        """For people: a sign in place of every credential."""
        return {name: _each(value, lambda secret: _KEPT if secret.get_secret_value() else "") for name, value in self}


Some = TypeVar("Some", bound=Config)


def checked(kind: type[Some], values: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> Some:
    """The settings in `values`; credentials that are left out, or given as their sign, stay as they were `before`,
    unless they would now go to somebody else. Raises BadInput that names the field.
    """
    try:
        made = kind.model_validate(_with_secrets(kind, values, before or {}))
        if before and made.addressee != kind.model_validate(before).addressee:
            made = kind.model_validate(_with_secrets(kind, values, {}))
    except ValidationError as error:
        field = ".".join(str(part) for part in error.errors()[0]["loc"]) or "?"
        raise BadInput("The setting %(field)s is missing or cannot be used. Correct it.", field=field) from error
    return made


def _with_secrets(kind: type[Config], values: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    secret = {name for name, field in kind.model_fields.items() if "SecretStr" in str(field.annotation)}
    merged = {**{name: value for name, value in before.items() if name in secret}, **values}
    return {name: _unsigned(value, before.get(name)) if name in secret else value for name, value in merged.items()}


def _unsigned(value: Any, before: Any) -> Any:
    if isinstance(value, Mapping):
        old = before if isinstance(before, Mapping) else {}
        return {name: old.get(name, "") if one == _KEPT else one for name, one in value.items()}
    return (before or "") if value == _KEPT else value


def _each(value: Any, change: Callable[[SecretStr], str]) -> Any:
    if isinstance(value, SecretStr):
        return change(value)
    if isinstance(value, Mapping):
        return {name: _each(one, change) for name, one in value.items()}
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a source may touch: hosts within reach, folders below `roots`, so much of each. `temporary` is a folder for
    what must be looked into on disk."""

    reach: Reach
    roots: tuple[Path, ...]
    limits: Limits
    temporary: Path

    @property
    def web(self) -> Web:
        return Web(self.reach, self.limits)

    def below_roots(self, path: str) -> Path:
        """The real path, symbolic links followed. BadInput unless it is below one of the roots."""
        try:
            real = Path(path).expanduser().resolve()
        except (ValueError, RuntimeError, OSError):  # a NUL, ~ of nobody here, a loop of links
            real = None
        if real is None or not any(real.is_relative_to(root.resolve()) for root in self.roots):
            raise BadInput(
                "%(path)s is not below a folder that sources may read. NICHEWISE_SOURCE_ROOTS lists them.", path=path
            )
        return real


Records = Iterator[Record | Broken]


def text_record(
    key: str, title: str, text: str, stamp: str, text_format: TextFormat, limits: Limits
) -> Record | Broken:
    """A text as a file with its title on top, named by the title."""
    key, title = short_key(key), " ".join(title.split())
    if not text.strip():
        return Broken(key, NO_TEXT)
    content = _titled(title, text, text_format).encode("utf-8", "replace")
    if len(content) > limits.record_bytes:
        return Broken(key, TOO_LONG % {"limit": f"{limits.record_bytes >> 20} MB"})
    name = re.sub(r"[\\/]", " ", title or key)[:_LONGEST_TITLE].strip(" .") or "record"
    return Record(key, name + SUFFIXES[text_format], stamp, lambda: io.BytesIO(content))


def _titled(title: str, text: str, text_format: TextFormat) -> str:
    if text_format == "html":
        name = html.escape(title)
        head = f'<!doctype html><meta charset="utf-8"><title>{name}</title>'
        return f"{head}<h1>{name}</h1>{text}" if title else head + text
    heading = f"# {title}" if text_format == "markdown" else title
    return f"{heading}\n\n{text}" if title else text


def short_key(key: str) -> str:
    """`key`, or a part of it with its hash where it is too long to be compared as it is."""
    visible = key.replace("\x00", "")
    if len(visible) <= LONGEST_KEY:
        return visible
    return f"{visible[: LONGEST_KEY - 65]}#{sha256(visible.encode('utf-8', 'replace')).hexdigest()}"
