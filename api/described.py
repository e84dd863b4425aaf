"""The description of the API, as programs and /api/docs read it: what every address takes, returns and refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field

Responses = dict[int | str, dict[str, Any]]

ABOUT = """
What the pages of Nichewise do, programs can do too.

**Sign in.** `POST /api/auth/token` gives a token for 12 hours, `POST /api/keys` a key that lasts. Send either as
`Authorization: Bearer …`. Here: *Authorize*, with e-mail and password.

**Errors** have one shape, `{"error": {"code", "message", "reference"}}`: a `code` for programs, a sentence for people
(in Russian with `Accept-Language: ru`), and for what is our fault a `reference` under which an administrator finds the
cause in the log. What somebody may not see is 404, as if it were not there.

**Work that takes longer** is a job: its call answers 202 with a `job_id`, and `GET /api/jobs/{job_id}` says how far
it is.

**Answers as they are written.** `POST /api/chat` and `POST /api/compare` send server-sent events with
`Accept: text/event-stream`. The WebSocket `/api/ws/chat/{conversation id, or "new"}` takes
`{"type": "ask", "message": …}`, `{"type": "stop", "message_id": …}` and
`{"type": "resume", "message_id": …, "seen": …}`.
"""

TAGS = {
    "account": "Sign in, register, and the keys of one's own programs.",
    "chat": "Ask the assistant; answers cite the documents they stand on.",
    "voice": "Speech to text, and answers read aloud.",
    "conversations": "One's own conversations: read, change, share, export, forget.",
    "search": "Passages of one collection, without a model.",
    "documents": "Upload, follow, download, delete.",
    "tables": "Spreadsheets as typed tables: filter, sort, group, ask.",
    "niches": "Figures of business niches: search, dashboards, questions, import.",
    "jobs": "How far longer work is.",
    "collections": "What is searched together, and the versions in which it is indexed.",
    "sources": "Where documents come from by themselves.",
    "access": "Who may read what, and why.",
    "evaluation": "Golden sets: whether search got better.",
    "playground": "One question to several models.",
    "usage": "Tokens and cost.",
    "people": "Who may sign in, and what was done, for administrators.",
    "service": "Whether it is there.",
}


class ProblemOut(BaseModel):
    code: str = Field(description="For programs; it stays the same when the sentence changes.")
    message: str = Field(description="For people.")
    reference: str = Field(description="What an administrator finds in the log; empty where the caller can mend it.")


class ErrorOut(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"error": {"code": "not_found", "message": "This does not exist, …", "reference": ""}}]
        }
    )

    error: ProblemOut


_MEANS = {
    400: ("bad_input", "This cannot be used; the sentence says what to change."),
    401: ("not_signed_in", "No token, or one that is no longer valid."),
    403: ("forbidden", "The role does not allow it, or a browser sent it for another site."),
    404: ("not_found", "It does not exist, or the caller may not see it."),
    408: ("too_slow", "The body came too slowly: nothing for half a minute, or less than 1 KB a second."),
    409: ("conflict", "It is there already, or what it is in now does not allow it."),
    413: ("too_large", "The body, or what is in it, is larger than the limit."),
    415: ("unsupported_format", "Files of this format cannot be read."),
    422: ("invalid_input", "A field is missing or not of its kind; the sentence names it."),
    429: ("too_many", "Too often; `Retry-After` has the seconds to wait, where they are known."),
    500: ("internal_error", "The service failed; the log has the cause under `reference`."),
    502: ("provider_failed", "The model server answered with an error."),
    503: ("unavailable", "A part of the service, or a model server, does not answer right now."),
    504: ("provider_timeout", "The model server took too long."),
}
_FAILED = (500, 503)


def says(*statuses: int) -> Responses:
    """For `responses=` of a route: what it refuses beside what follows from its path, body and sign-in."""
    return {status: {"model": ErrorOut} for status in statuses}


def files(*media_types: str) -> Responses:
    """For `responses=` of a route that answers with bytes."""
    return {200: {"content": {one: {"schema": {"type": "string", "format": "binary"}} for one in media_types}}}


class DescribedApi(FastAPI):
    """FastAPI, whose description says of every operation which statuses it has."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            tags = [{"name": name, "description": about} for name, about in TAGS.items()]
            self.openapi_schema = _finished(
                get_openapi(title=self.title, version=self.version, description=ABOUT, routes=self.routes, tags=tags)
            )
        return self.openapi_schema


def operation_id(route: APIRoute) -> str:
    """The name of the function: what a generated client calls it."""
    return route.name


def _finished(described: dict[str, Any]) -> dict[str, Any]:
    components = described["components"]
    schemas = components["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own shape of a 422, which is not ours
        schemas.pop(name, None)
    error = ErrorOut.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= {**error.pop("$defs"), "ErrorOut": error}
    described["components"] = {**components, "schemas": dict(sorted(schemas.items())), "responses": _responses()}
    described["paths"] = {path: described["paths"][path] for path in _in_order(described["paths"])}
    for operation in (one for methods in described["paths"].values() for one in methods.values()):
        operation["summary"] = operation["operationId"].replace("_", " ").capitalize()
        answers = operation["responses"]
        for status in _refusals(operation):
            if str(status) not in answers or status == 422 or _is_error(answers[str(status)]):
                answers[str(status)] = {"$ref": f"#/components/responses/{_MEANS[status][0]}"}
        operation["responses"] = dict(sorted(answers.items()))
    return described


def _in_order(paths: dict[str, Any]) -> list[str]:
    """As the tags are; within one the order of the routers stays."""
    places = {name: place for place, name in enumerate(TAGS)}
    return sorted(paths, key=lambda path: min(places[one["tags"][0]] for one in paths[path].values()))


def _refusals(operation: dict[str, Any]) -> Iterator[int]:
    """What follows from who may call, the address and the body; and what the route says of itself."""
    parameters = operation.get("parameters", [])
    yield from _FAILED
    if "security" in operation:
        yield from (401, 403)
    if any(one["in"] == "path" for one in parameters):
        yield 404
    if parameters or "requestBody" in operation:
        yield from (400, 422)
    if "requestBody" in operation:
        yield from (408, 413)
    yield from (int(status) for status, one in operation["responses"].items() if _is_error(one))


def _is_error(response: dict[str, Any]) -> bool:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return bool(schema.get("$ref", "").endswith("/ErrorOut"))


def _responses() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ErrorOut"}
    made: dict[str, Any] = {}
    for status, (code, about) in _MEANS.items():
        reference = "5f0c1d2e" if status >= 500 else ""
        example = {"error": {"code": code, "message": about.replace("`", ""), "reference": reference}}
        made[code] = {"description": about, "content": {"application/json": {"schema": schema, "example": example}}}
    made["too_many"]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    made["not_signed_in"]["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return made
