"""A new version of a document takes the old one's place at once, and only once it is ready."""

from __future__ import annotations

import pytest

from core.entities.corpora import Document, Stage
from core.errors import NotFound
from services.container import Services
from tests import samples
from tests.desk import RUSSIAN, Desk

OLD, NEW = f"{RUSSIAN} Старая редакция.", f"{RUSSIAN} Новая редакция."


@pytest.fixture
def desk(services: Services, model: None) -> Desk:
    return Desk(services)


def listed(desk: Desk) -> list[tuple[str, int, Stage]]:
    found, _total = desk.services.documents.list(desk.sales)
    return [(one.filename, one.version, one.stage) for one in found]


def hits(desk: Desk, word: str) -> int:
    return len(desk.services.search.search(desk.sales, "documents", word).passages)


def index(desk: Desk, content: str, name: str = "rules.txt") -> Document:
    return desk.index(desk.sales, content, name)


def test_until_the_new_version_is_ready_the_old_one_answers(desk: Desk) -> None:
    old = index(desk, OLD)
    new = desk.upload(desk.sales, NEW, "rules.txt").document
    assert (new.version, new.stage) == (2, Stage.RECEIVED)
    assert hits(desk, "старая редакция") == 1
    desk.services.ingestion.run(new.id)
    assert listed(desk) == [("rules.txt", 2, Stage.READY)]
    assert desk.services.documents.get(desk.sales, old.id).stage is Stage.REPLACED
    assert desk.chunk_ids(old.id) == []
    version = desk.services.collections.get(desk.sales, "documents").version
    desk.services.indexing.catch_up(version)
    assert desk.services.lexical.ids(version.vector_name) == set(desk.chunk_ids(new.id))


def test_a_new_version_that_cannot_be_read_leaves_the_old_one(desk: Desk) -> None:
    index(desk, OLD)
    assert index(desk, samples.EMPTY[".txt"]().decode()).stage is Stage.FAILED
    assert hits(desk, "старая редакция") == 1
    third = index(desk, NEW)
    assert listed(desk) == [("rules.txt", 3, Stage.READY)]
    assert third.version == 3


def test_versions_that_become_ready_in_the_wrong_order_leave_the_newest(desk: Desk) -> None:
    first, second = (desk.upload(desk.sales, text, "rules.txt").document for text in (OLD, NEW))
    desk.services.ingestion.run(second.id)
    desk.services.ingestion.run(first.id)
    assert listed(desk) == [("rules.txt", 2, Stage.READY)]
    assert desk.services.documents.get(desk.sales, first.id).stage is Stage.REPLACED


def test_the_bytes_of_an_old_version_come_back_as_the_newest(desk: Desk) -> None:
    index(desk, OLD)
    index(desk, NEW)
    back = index(desk, OLD)
    assert (back.version, back.stage) == (3, Stage.READY)
    assert listed(desk) == [("rules.txt", 3, Stage.READY)]
    assert hits(desk, "старая редакция") == 1


def test_somebody_elses_document_of_the_same_name_is_another_document(desk: Desk) -> None:
    index(desk, OLD)
    theirs = desk.index(desk.analyst, NEW, "rules.txt")
    assert theirs.version == 1
    assert [version for _, version, _ in listed(desk)] == [1, 1]
    assert desk.index(desk.admin, f"{NEW} Третья.", "rules.txt").version == 2


def test_the_same_name_in_another_collection_is_another_document(desk: Desk) -> None:
    index(desk, OLD)
    assert desk.index(desk.sales, NEW, "rules.txt", "my-documents").version == 1


def test_deleting_the_newest_version_deletes_what_it_had_replaced(desk: Desk) -> None:
    old, new = index(desk, OLD), index(desk, NEW)
    assert desk.services.documents.delete(desk.sales, new.id).files == 4
    with pytest.raises(NotFound):
        desk.services.documents.get(desk.sales, old.id)


def test_deleting_a_version_that_failed_leaves_the_one_that_answers(desk: Desk) -> None:
    index(desk, OLD)
    failed = index(desk, samples.EMPTY[".txt"]().decode())
    desk.services.documents.delete(desk.sales, failed.id)
    assert listed(desk) == [("rules.txt", 1, Stage.READY)]


def test_a_replaced_version_keeps_its_file_for_the_citations_of_old_answers(desk: Desk) -> None:
    old = desk.index(desk.sales, samples.pdf([["The first edition."]]), "rules.pdf")
    desk.index(desk.sales, samples.pdf([["The second edition."]]), "rules.pdf")
    assert desk.services.documents.page_image(desk.sales, old.id, 1).startswith(b"\x89PNG")
