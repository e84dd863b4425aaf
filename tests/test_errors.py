"""Every error x every translator: what programs get and what people read, in both languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from streamlit.testing.v1 import AppTest

from api import errors as translator
from core import errors
from core.errors import NichewiseError
from core.i18n import translate_error


def _known(parent: type[NichewiseError] = NichewiseError) -> Iterator[type[NichewiseError]]:
    """Every class of the tree that a person may meet while the service runs."""
    for one in parent.__subclasses__():
        if one.__module__ == errors.__name__ and one is not errors.StartupError:
            yield one
            yield from _known(one)


KNOWN = list(_known())


@pytest.fixture(scope="module")
def program() -> Iterator[TestClient]:
    """A program whose call to `/api/NAME` ends in the error of that name."""
    app = FastAPI()
    translator.install(app)

    @app.get("/api/{name}")
    def fails(name: str) -> None:
        raise getattr(errors, name)

    with TestClient(app) as client:
        yield client


@pytest.mark.parametrize("locale", ["en", "ru"])
@pytest.mark.parametrize("error", KNOWN)
def test_a_program_gets_its_status_code_and_sentence(
    program: TestClient, error: type[NichewiseError], locale: str
) -> None:
    answer = program.get(f"/api/{error.__name__}", headers={"Accept-Language": locale})
    said = answer.json()["error"]
    assert (answer.status_code, said["code"]) == (error.status, error().code)
    assert said["message"] == translate_error(locale, error())
    assert bool(said["reference"]) is (error.status >= 500)
    assert "Traceback" not in answer.text


def _page(name: str, locale: str) -> None:
    from components import errors as screen
    from components import session
    from core import errors as tree

    session.put("locale", locale)
    screen.show(getattr(tree, name)())


@pytest.mark.parametrize("locale", ["en", "ru"])
def test_a_person_reads_the_sentence_on_the_page(locale: str) -> None:
    for error in KNOWN:
        page = AppTest.from_function(_page, args=(error.__name__, locale)).run()
        assert not page.exception
        said = [one.value for one in (*page.error, *page.warning)]
        assert said == [translate_error(locale, error())], error


def test_no_two_errors_share_a_code_and_each_is_listed_in_the_tree() -> None:
    assert len({error().code for error in KNOWN}) == len(KNOWN)
    drawn = errors.__doc__ or ""
    assert all(f"{error.__name__} {error.status}" in drawn for error in KNOWN)
