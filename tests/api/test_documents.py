from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from core.entities.people import User
from core.roles import Role
from services.container import Services
from tests import samples
from tests.desk import RUSSIAN

Headers = dict[str, str]


@pytest.fixture(autouse=True)
def ready_to_index(services: Services, model: None) -> None:
    services.collections.ensure_defaults()


@pytest.fixture
def sales(person: Callable[..., User], bearer: Callable[[User], Headers]) -> Headers:
    return bearer(person(Role.SALES))


@pytest.fixture
def analyst(person: Callable[..., User], bearer: Callable[[User], Headers]) -> Headers:
    return bearer(person(Role.ANALYST))


@pytest.fixture
def post(client: TestClient, sales: Headers) -> Callable[..., Any]:
    def upload(content: bytes | str = RUSSIAN, name: str = "note.txt", **form: str) -> Any:
        raw = content.encode() if isinstance(content, str) else content
        return client.post("/api/documents", files={"file": (name, raw)}, data=form, headers=sales)

    return upload


def test_an_upload_is_accepted_and_followed_to_ready(
    client: TestClient, services: Services, sales: Headers, post: Callable[..., Any]
) -> None:
    accepted = post()
    assert accepted.status_code == 202
    document_id, job_id = accepted.json()["document_id"], accepted.json()["job_id"]
    assert client.get(f"/api/documents/{document_id}", headers=sales).json()["stage"] == "received"
    services.ingestion.run(UUID(document_id))
    document = client.get(f"/api/documents/{document_id}", headers=sales).json()
    wanted = {"id": document_id, "collection": "documents", "stage": "ready", "done": 1, "total": 1, "pages": 1}
    assert document == document | wanted | {"chunks": 1, "error": "", "title": "note"}
    job = client.get(f"/api/jobs/{job_id}", headers=sales).json()
    assert (job["status"], job["done"], job["total"], job["error"]) == ("done", 1, 1, "")


def test_the_same_bytes_again_answer_200_with_the_same_id(services: Services, post: Callable[..., Any]) -> None:
    first = post().json()["document_id"]
    services.ingestion.run(UUID(first))
    again = post(name="another name.md")
    assert (again.status_code, again.json()) == (200, {"document_id": first, "job_id": None})


def test_what_cannot_be_taken_in_is_refused_with_the_right_status(
    client: TestClient, sales: Headers, post: Callable[..., Any]
) -> None:
    assert post(name="song.mp3").status_code == 415
    assert post(b"").status_code == 400
    assert post(collection="nowhere").status_code == 404
    assert post(collection="faq").status_code == 403
    assert client.post("/api/documents", headers=sales).status_code in (400, 422)
    assert client.post("/api/documents", files={"file": ("a.txt", b"a")}).status_code == 401
    assert client.get("/api/documents", headers=sales).json() == []


def test_the_list_is_paged_and_narrowed(client: TestClient, sales: Headers, post: Callable[..., Any]) -> None:
    ids = [post(f"{RUSSIAN} {n}", f"note {n}.txt").json()["document_id"] for n in range(3)]
    mine = post(name="own.txt", collection="my-documents").json()["document_id"]
    page = client.get("/api/documents?limit=2&offset=1", headers=sales)
    assert [document["id"] for document in page.json()] == ids[:0:-1]
    assert page.headers["X-Total-Count"] == "4"
    own = client.get("/api/documents?collection=my-documents&q=OWN&stage=received&stage=ready", headers=sales)
    assert [document["id"] for document in own.json()] == [mine]


def test_the_original_is_downloaded_and_never_shown(
    client: TestClient, sales: Headers, post: Callable[..., Any]
) -> None:
    page = "<script>alert(1)</script><p>text</p>"
    document_id = post(page, "отчёт.html").json()["document_id"]
    original = client.get(f"/api/documents/{document_id}/file", headers=sales)
    assert original.text == page
    assert original.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%D0%BE")
    assert original.headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_of_a_pdf_is_an_image(client: TestClient, sales: Headers, post: Callable[..., Any]) -> None:
    document_id = post(samples.pdf([["One page."]]), "a.pdf").json()["document_id"]
    image = client.get(f"/api/documents/{document_id}/pages/1", params={"passage": "One"}, headers=sales)
    assert (image.headers["Content-Type"], image.content[:4]) == ("image/png", b"\x89PNG")
    assert client.get(f"/api/documents/{document_id}/pages/2", headers=sales).status_code == 404


def test_a_deletion_answers_what_was_removed(
    client: TestClient, services: Services, sales: Headers, analyst: Headers, post: Callable[..., Any]
) -> None:
    document_id = post().json()["document_id"]
    services.ingestion.run(UUID(document_id))
    assert client.delete(f"/api/documents/{document_id}", headers=analyst).status_code == 403
    removed = client.delete(f"/api/documents/{document_id}", headers=sales)
    assert removed.json() == {"removed": {"files": 2, "chunks": 1, "vectors": 0, "lexical": 1, "cache": 0}}
    assert client.get(f"/api/documents/{document_id}", headers=sales).status_code == 404


def test_what_one_may_not_read_does_not_exist(
    client: TestClient, admin: Headers, sales: Headers, analyst: Headers, post: Callable[..., Any]
) -> None:
    accepted = post(collection="my-documents").json()
    paths = [f"/api/documents/{accepted['document_id']}{rest}" for rest in ("", "/file", "/pages/1")]
    for headers in (admin, analyst):
        for path in paths:
            assert client.get(path, headers=headers).status_code == 404
        assert client.delete(paths[0], headers=headers).status_code == 404
    assert client.get(f"/api/jobs/{accepted['job_id']}", headers=analyst).status_code == 404
    assert client.get(f"/api/documents/{uuid4()}", headers=sales).status_code == 404
