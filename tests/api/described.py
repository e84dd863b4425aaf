"""The API as its own description says it: which operation a request is, what it may answer, which body it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from fastapi import FastAPI

Described = dict[str, Any]
_STRINGS = {"uuid": "0f8fad5b-d9cb-469f-a165-70867728950e", "date-time": "2030-01-01T00:00:00Z", "binary": "x"}


class Operation(NamedTuple):
    method: str
    path: str
    says: Described

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    def parameters(self, where: str) -> list[Described]:
        return [one for one in self.says.get("parameters", []) if one["in"] == where]


def operations(app: FastAPI) -> Iterator[Operation]:
    for path, methods in app.openapi()["paths"].items():
        for method, says in methods.items():
            yield Operation(method.upper(), path, says)


def operation_of(app: FastAPI, method: str, path: str) -> Operation | None:
    """The one that a request is for; None for what is not described. A fixed address comes before one with places."""
    fitting = [one for one in operations(app) if one.method == method and _pattern(one.path).fullmatch(path)]
    return min(fitting, key=lambda one: one.path.count("{"), default=None)


@lru_cache(maxsize=1_000)
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{\w+\\}", "[^/]*", re.escape(path)))


def body_of(app: FastAPI, operation: Operation, kind: str = "application/json") -> Described | None:
    """A body with every field; None where it takes none of this kind."""
    content = operation.says.get("requestBody", {}).get("content", {})
    return sample(app.openapi(), content[kind]["schema"]) if kind in content else None


def sample(whole: Described, schema: Described) -> Any:
    """A value that fits `schema`, with all of its fields."""
    if "$ref" in schema:
        return sample(whole, whole["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return sample(whole, next(one for one in schema[choice] if one.get("type") != "null"))
    if "enum" in schema or "const" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {name: sample(whole, one) for name, one in schema.get("properties", {}).items()} or {"x": "x"}
        case "array":
            return [sample(whole, schema["items"])]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
    return _STRINGS.get(schema.get("format", ""), "x")


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where texts and numbers stand in a body."""
    if isinstance(value, dict | list):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(one, (*at, key))
    elif not isinstance(value, bool):
        yield at


def put(value: Any, at: tuple[Any, ...], new: Any) -> Any:
    """A copy of a body with `new` in one place."""
    if not at:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = put(value[at[0]], at[1:], new)
    return copy
