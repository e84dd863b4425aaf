"""The description of the API tells the truth, in words that a programmer understands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel

from api.described import TAGS
from api.inputs import Input
from tests.api.described import operations

_ERROR = {"$ref": "#/components/schemas/ErrorOut"}


@pytest.fixture
def app(client: TestClient) -> FastAPI:
    assert isinstance(client.app, FastAPI)
    return client.app


def test_every_operation_says_what_it_is_for(app: FastAPI) -> None:
    found = [*operations(app)]
    assert not [one.name for one in found if not one.says.get("description")]
    assert {tag for one in found for tag in one.says["tags"]} == set(TAGS)
    assert [tag["name"] for tag in app.openapi()["tags"]] == [*TAGS]
    names = [one.says["operationId"] for one in found]
    assert len(names) == len(set(names)), "two operations of one name"


def test_every_refusal_has_the_shape_of_an_error(app: FastAPI) -> None:
    shared = app.openapi()["components"]["responses"]
    for operation in operations(app):
        for status, answer in operation.says["responses"].items():
            if int(status) >= 400 and (operation.path, status) != ("/api/ready", "503"):
                name = answer["$ref"].removeprefix("#/components/responses/")
                assert shared[name]["content"]["application/json"]["schema"] == _ERROR
                assert shared[name]["content"]["application/json"]["example"]["error"]["code"] == name


def test_nothing_of_another_shape_is_left(app: FastAPI) -> None:
    described = str(app.openapi())
    assert "HTTPValidationError" not in described
    for name in app.openapi()["components"]["schemas"]:
        assert f"#/components/schemas/{name}'" in described, f"{name} is nowhere used"


def test_every_body_is_checked_before_it_is_looked_at(app: FastAPI) -> None:
    """A model that is not an Input would let through what cannot be kept."""
    described = app.openapi()["components"]["schemas"]
    known = {one.__name__ for one in _inputs(Input)}
    for operation in operations(app):
        for kind, content in operation.says.get("requestBody", {}).get("content", {}).items():
            if kind == "application/json":
                schema = content["schema"].get("anyOf", [content["schema"]])[0]
                assert schema["$ref"].rsplit("/", 1)[1] in known, operation.name
    assert known & set(described)


def test_an_example_is_a_body_that_is_taken(app: FastAPI) -> None:
    described, shown = app.openapi()["components"]["schemas"], 0
    for model in _inputs(Input):
        extra = model.model_config.get("json_schema_extra")
        if model.__name__ in described and isinstance(extra, dict) and "example" in extra:
            model.model_validate(extra["example"])
            shown += 1
    assert shown > 20


def _inputs(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for one in model.__subclasses__():
        yield from _inputs(one)


def test_no_field_is_anything_at_all(app: FastAPI) -> None:
    """Whoever makes a client from it gets no `Any` for what is known."""
    empty: list[Any] = [
        (name, field)
        for name, schema in app.openapi()["components"]["schemas"].items()
        for field, about in schema.get("properties", {}).items()
        if set(about) <= {"title"}
    ]
    assert not empty
