from __future__ import annotations

from uuid import uuid4

import pytest

from core.entities.corpora import CollectionKind
from core.entities.people import Principal
from core.errors import BadInput, Conflict, Forbidden, NotFound
from core.roles import Role
from services.container import Services
from tests.desk import RUSSIAN, Desk


@pytest.fixture
def desk(services: Services, model: None) -> Desk:
    return Desk(services)


def names(desk: Desk, who: Principal) -> list[str]:
    return [collection.name for collection in desk.services.collections.list(who)]


def test_the_default_collections_are_made_once_however_often_the_service_starts(desk: Desk) -> None:
    before = [collection.id for collection in desk.services.collections.list(desk.admin)]
    desk.services.collections.ensure_defaults()
    assert [collection.id for collection in desk.services.collections.list(desk.admin)] == before


def test_each_role_sees_its_collections_and_everyone_who_uploads_has_one_of_their_own(desk: Desk) -> None:
    assert names(desk, desk.guest) == ["faq"]
    for who in (desk.sales, desk.analyst, desk.admin):
        assert names(desk, who) == ["analytics", "documents", "faq", "my-documents"]


def test_a_personal_collection_is_its_owners_alone_even_before_administrators(desk: Desk) -> None:
    mine = desk.services.collections.get(desk.sales, "my-documents")
    theirs = desk.services.collections.get(desk.admin, "my-documents")
    assert mine.id != theirs.id
    assert (mine.name, mine.owner_id) == ("my-documents", desk.sales.user_id)
    with pytest.raises(NotFound):
        desk.services.collections.get(desk.admin, f"my-documents-{desk.sales.user_id.hex}")  # type: ignore[union-attr]


def test_a_guest_may_not_open_a_collection_of_the_staff_and_has_none_of_their_own(desk: Desk) -> None:
    for name in ("documents", "analytics", "my-documents", "nowhere"):
        with pytest.raises(NotFound):
            desk.services.collections.get(desk.guest, name)


def test_an_administrator_makes_a_collection_for_the_roles_they_choose(desk: Desk) -> None:
    desk.services.collections.create(desk.admin, "prices", " Price  lists ", CollectionKind.DOCUMENTS, [Role.ANALYST])
    made = desk.services.collections.get(desk.analyst, "prices")
    assert (made.title, made.version.number, made.documents) == ("Price lists", 1, 0)
    assert "prices" not in names(desk, desk.sales)
    assert "prices" in names(desk, desk.admin)


def test_nobody_else_makes_collections(desk: Desk) -> None:
    for who in (desk.guest, desk.sales, desk.analyst):
        with pytest.raises(Forbidden):
            desk.services.collections.create(who, "prices", "Prices", CollectionKind.DOCUMENTS)


@pytest.mark.parametrize(
    "name", ["", "a", "Prices", "two words", "-x", "x" * 64, "my-documents", "my-documents-x", "ю"]
)
def test_a_name_that_cannot_be_is_refused(desk: Desk, name: str) -> None:
    with pytest.raises(BadInput, match="small letters"):
        desk.services.collections.create(desk.admin, name, "Title", CollectionKind.DOCUMENTS)


def test_a_title_is_needed_and_a_taken_name_is_refused(desk: Desk) -> None:
    with pytest.raises(BadInput, match="title"):
        desk.services.collections.create(desk.admin, "prices", "  ", CollectionKind.DOCUMENTS)
    with pytest.raises(Conflict, match="faq"):
        desk.services.collections.create(desk.admin, "faq", "Again", CollectionKind.FAQ)
    with pytest.raises(BadInput, match="personal"):
        desk.services.collections.create(desk.admin, "mine", "Mine", CollectionKind.PERSONAL)


def test_a_job_is_seen_by_the_one_who_started_it_and_by_administrators(desk: Desk) -> None:
    job = desk.upload(desk.sales, RUSSIAN).job_id
    assert job
    assert desk.services.documents.job(desk.sales, job).status == "waiting"
    assert desk.services.documents.job(desk.admin, job).kind == "ingest"
    for who, run in ((desk.analyst, job), (desk.sales, uuid4())):
        with pytest.raises(NotFound):
            desk.services.documents.job(who, run)


def test_an_administrator_gives_another_title_and_the_name_stays(desk: Desk) -> None:
    desk.services.collections.create(desk.admin, "prices", "Price lists", CollectionKind.DOCUMENTS)
    renamed = desk.services.collections.rename(desk.admin, "prices", "  Prices\n of 2026 ")
    assert (renamed.name, renamed.title) == ("prices", "Prices of 2026")
    assert desk.services.collections.get(desk.sales, "prices").title == "Prices of 2026"
    desk.services.collections.rename(desk.admin, "prices", "Prices of 2026")  # nothing changes, nothing is noted
    (entry,) = desk.services.audit.list(desk.admin, action="collection.rename")
    assert (entry.object_id, entry.detail) == ("prices", {"title": ["Price lists", "Prices of 2026"]})


def test_a_built_in_collection_may_be_called_something_else_and_stays_so(desk: Desk) -> None:
    desk.services.collections.rename(desk.admin, "documents", "Handbook")
    desk.services.collections.ensure_defaults()
    assert desk.services.collections.get(desk.sales, "documents").title == "Handbook"


@pytest.mark.parametrize("title", ["", "  ", "x" * 201])
def test_a_title_that_cannot_be_is_refused(desk: Desk, title: str) -> None:
    with pytest.raises(BadInput):
        desk.services.collections.rename(desk.admin, "documents", title)


def test_nobody_else_renames_and_personal_collections_keep_their_title(desk: Desk) -> None:
    for who in (desk.guest, desk.sales, desk.analyst):
        with pytest.raises(Forbidden):
            desk.services.collections.rename(who, "documents", "Mine")
    with pytest.raises(NotFound):
        desk.services.collections.rename(desk.admin, "nowhere", "Mine")
    assert desk.services.collections.get(desk.admin, "my-documents")
    with pytest.raises(BadInput):
        desk.services.collections.rename(desk.admin, "my-documents", "Mine")
