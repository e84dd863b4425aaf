from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import text

from core.entities import CollectionKind, Principal
from core.errors import BadInput, Conflict, FingerprintMismatch, Forbidden, NotFound
from core.roles import Role
from services.blobs import Blobs
from services.container import Services
from tests.desk import RUSSIAN, Desk


@pytest.fixture
def desk(services: Services, model: None) -> Desk:
    return Desk(services)


def names(desk: Desk, who: Principal) -> list[str]:
    return [collection.name for collection in desk.services.collections.list(who)]


def rebuild(desk: Desk, name: str = "documents") -> None:
    """Starts a re-index and runs it to its end."""
    run = desk.services.collections.reindex(desk.admin, name)
    version = desk.services.collections.versions(desk.admin, name)[0]
    desk.services.reindexing.run(run, version.id)


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


def test_nobody_else_makes_or_reindexes_collections(desk: Desk) -> None:
    for who in (desk.guest, desk.sales, desk.analyst):
        with pytest.raises(Forbidden):
            desk.services.collections.create(who, "prices", "Prices", CollectionKind.DOCUMENTS)
        with pytest.raises(Forbidden):
            desk.services.collections.reindex(who, "documents")


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


def test_a_reindex_builds_a_second_version_and_keeps_the_first_for_going_back(desk: Desk) -> None:
    document = desk.index(desk.sales, RUSSIAN)
    before = desk.services.collections.get(desk.sales, "documents")
    rebuild(desk)
    after = desk.services.collections.get(desk.sales, "documents")
    assert (after.version.number, after.documents, after.chunks) == (2, 1, before.chunks)
    states = {
        version.number: version.state for version in desk.services.collections.versions(desk.analyst, "documents")
    }
    assert states == {1: "retired", 2: "active"}
    assert desk.found(desk.sales, "documents", "возврат") == [desk.chunk_ids(document.id)[1]]


def test_only_the_last_retired_version_is_kept(desk: Desk) -> None:
    desk.index(desk.sales, RUSSIAN)
    first = desk.services.collections.get(desk.sales, "documents").version
    rebuild(desk)
    rebuild(desk)
    versions = desk.services.collections.versions(desk.admin, "documents")
    assert [version.number for version in versions] == [3, 2]
    assert desk.services.lexical.count(first.vector_name) == 0


def test_what_is_uploaded_and_deleted_while_a_version_is_built_is_in_it_and_out_of_it(desk: Desk) -> None:
    gone = desk.index(desk.sales, RUSSIAN)
    run = desk.services.collections.reindex(desk.admin, "documents")
    kept = desk.index(desk.sales, RUSSIAN + " Исключения согласует руководитель.")
    desk.services.documents.delete(desk.sales, gone.id)
    version = desk.services.collections.versions(desk.admin, "documents")[0]
    desk.services.reindexing.run(run, version.id)
    assert desk.services.collections.get(desk.sales, "documents").version.id == version.id
    assert desk.services.lexical.ids(version.vector_name) <= set(desk.chunk_ids(kept.id))
    assert desk.services.documents.job(desk.admin, run).status == "done"


def test_a_document_that_was_on_its_way_when_the_version_changed_ends_in_the_new_one(desk: Desk) -> None:
    document = desk.index(desk.sales, RUSSIAN)
    with desk.services.db.begin() as tx:  # as a crash before the last stages leaves it
        tx.connection.execute(text("UPDATE documents SET stage = 'embedded'"))
    rebuild(desk)
    assert desk.services.collections.get(desk.sales, "documents").documents == 0
    desk.services.ingestion.run(document.id)
    collection = desk.services.collections.get(desk.sales, "documents")
    assert (collection.version.number, collection.documents, collection.chunks) == (2, 1, 1)
    assert len(desk.found(desk.sales, "documents", "возврат")) == 1


def test_a_second_reindex_waits_for_the_first(desk: Desk) -> None:
    desk.services.collections.reindex(desk.admin, "documents")
    with pytest.raises(Conflict, match="re-indexed already"):
        desk.services.collections.reindex(desk.admin, "documents")


def test_a_reindex_that_fails_leaves_the_old_version_and_says_so(desk: Desk) -> None:
    document = desk.index(desk.sales, RUSSIAN)
    Blobs(desk.services.settings.blobs_url).remove(document.sha256)
    run = desk.services.collections.reindex(desk.admin, "documents")
    version = desk.services.collections.versions(desk.admin, "documents")[0]
    desk.services.reindexing.run(run, version.id)
    job = desk.services.documents.job(desk.admin, run)
    assert (job.status, job.error) == ("failed", "note: The file of this document is missing. Upload it again.")
    collection = desk.services.collections.get(desk.sales, "documents")
    assert (collection.version.number, collection.documents) == (1, 1)
    assert [one.number for one in desk.services.collections.versions(desk.admin, "documents")] == [1]


def test_a_collection_of_another_embedding_takes_no_documents_until_it_is_reindexed(desk: Desk) -> None:
    with desk.services.db.begin() as tx:
        tx.connection.execute(
            text("UPDATE collection_versions SET fingerprint = jsonb_set(fingerprint, '{model}', '\"older-model\"')")
        )
    with pytest.raises(FingerprintMismatch, match="older-model"):
        desk.upload(desk.sales, RUSSIAN)
    rebuild(desk)
    assert desk.upload(desk.sales, RUSSIAN).created


def test_a_job_is_seen_by_the_one_who_started_it_and_by_administrators(desk: Desk) -> None:
    job = desk.upload(desk.sales, RUSSIAN).job_id
    assert job
    assert desk.services.documents.job(desk.sales, job).status == "waiting"
    assert desk.services.documents.job(desk.admin, job).kind == "ingest"
    for who, run in ((desk.analyst, job), (desk.sales, uuid4())):
        with pytest.raises(NotFound):
            desk.services.documents.job(who, run)
