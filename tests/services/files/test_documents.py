from __future__ import annotations

import io
from uuid import uuid4

import pytest
from sqlalchemy import text

from core.entities.corpora import Stage
from core.entities.people import Principal
from core.errors import BadInput, Forbidden, NotFound, TooLarge, UnsupportedFormat
from core.roles import Role
from services.container import Services
from services.files.blobs import Blobs
from services.files.intake import LIMIT, clean_filename
from tests import samples
from tests.desk import ENGLISH, RUSSIAN, Desk


@pytest.fixture
def desk(services: Services, model: None) -> Desk:
    return Desk(services)


@pytest.fixture
def blobs(services: Services) -> Blobs:
    return Blobs(services.settings.blobs_url)


class Zeros(io.RawIOBase):
    """An endless file."""

    def read(self, size: int = -1) -> bytes:
        return bytes(size)


def files(desk: Desk) -> int:
    return sum(path.is_file() for path in (desk.services.settings.var_dir / "blobs").rglob("*"))


# --- uploading ------------------------------------------------------------------------------------------------------


def test_an_upload_is_stored_and_queued_before_anything_is_read_of_it(desk: Desk, blobs: Blobs) -> None:
    upload = desk.upload(desk.sales, b"\x00 not even text", "note.pdf")
    assert upload.created
    assert (upload.document.stage, upload.document.owner_id) == (Stage.RECEIVED, desk.sales.user_id)
    assert blobs.open(upload.document.sha256).read() == b"\x00 not even text"
    assert desk.queued() == 1


def test_the_same_bytes_again_are_the_same_document_whatever_their_name(desk: Desk) -> None:
    first = desk.index(desk.sales, RUSSIAN)
    again = desk.upload(desk.analyst, RUSSIAN, "other.txt")
    assert (again.document.id, again.created, again.job_id) == (first.id, False, None)
    elsewhere = desk.upload(desk.sales, RUSSIAN, collection="my-documents")
    assert elsewhere.created
    assert elsewhere.document.id != first.id


def test_a_document_that_had_failed_is_tried_again_when_it_is_uploaded_again(desk: Desk) -> None:
    failed = desk.index(desk.sales, samples.EMPTY[".txt"]())
    assert failed.stage is Stage.FAILED
    again = desk.upload(desk.sales, samples.EMPTY[".txt"]())
    assert (again.document.id, again.created) == (failed.id, False)
    assert again.job_id
    assert desk.services.documents.get(desk.sales, failed.id).stage is Stage.RECEIVED


def test_bytes_that_failed_under_a_wrong_name_are_read_under_the_right_one(desk: Desk) -> None:
    failed = desk.index(desk.sales, RUSSIAN, name="wrong.pdf")
    assert failed.stage is Stage.FAILED
    again = desk.index(desk.sales, RUSSIAN, name="right.txt")
    assert (again.id, again.filename, again.title, again.media_type) == (failed.id, "right.txt", "right", "text/plain")
    assert again.stage is Stage.READY


def test_a_failed_document_of_somebody_else_keeps_its_name(desk: Desk) -> None:
    failed = desk.index(desk.sales, RUSSIAN, name="wrong.pdf")
    again = desk.upload(desk.analyst, RUSSIAN, name="right.txt")
    assert (again.document.id, again.document.filename) == (failed.id, "wrong.pdf")


@pytest.mark.parametrize(
    ("role", "collection", "error"),
    [
        (Role.GUEST, "faq", Forbidden),
        (Role.GUEST, "documents", NotFound),
        (Role.SALES, "faq", Forbidden),
        (Role.ANALYST, "analytics", Forbidden),
        (Role.SALES, "nowhere", NotFound),
    ],
)
def test_who_may_not_write_to_a_collection_is_refused_and_nothing_is_stored(
    desk: Desk, role: Role, collection: str, error: type[Exception]
) -> None:
    who = Principal(role) if role is Role.GUEST else desk.person(role, "someone")
    with pytest.raises(error):
        desk.upload(who, RUSSIAN, collection=collection)
    assert files(desk) == 0


def test_staff_upload_to_documents_and_their_own_and_administrators_everywhere(desk: Desk) -> None:
    for who, collection in (
        (desk.sales, "documents"),
        (desk.sales, "my-documents"),
        (desk.analyst, "documents"),
        (desk.admin, "faq"),
        (desk.admin, "analytics"),
        (desk.admin, "my-documents"),
    ):
        assert (
            desk.upload(who, RUSSIAN + collection + who.name, collection=collection).document.collection == collection
        )


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\reports\\May.pdf", "May.pdf"),
        ("a\x00b\x1b[31m\n.txt", "ab[31m.txt"),
        ("  two   words .md", "two words .md"),
        ("‮evil.txt", "evil.txt"),
        ("отчёт " * 60 + ".pdf", None),
    ],
)
def test_a_file_name_is_only_a_name(given: str, kept: str | None) -> None:
    cleaned = clean_filename(given)
    assert len(cleaned.encode()) <= 255
    assert cleaned == (kept or cleaned)
    assert cleaned.endswith(given[-4:])


@pytest.mark.parametrize("given", ["", "/", "...", "\x00"])
def test_a_name_that_says_nothing_is_refused(given: str) -> None:
    with pytest.raises(BadInput, match="no name"):
        clean_filename(given)


def test_a_format_that_cannot_be_read_is_refused_with_those_that_can(desk: Desk) -> None:
    with pytest.raises(UnsupportedFormat, match=r"PDF.*DOCX.*XLSX"):
        desk.upload(desk.sales, RUSSIAN, "song.mp3")
    assert files(desk) == 0


def test_an_empty_file_and_one_that_is_too_large_leave_nothing(desk: Desk) -> None:
    with pytest.raises(BadInput, match="empty"):
        desk.upload(desk.sales, b"")
    with pytest.raises(TooLarge, match=f"{LIMIT >> 20} MB"):
        desk.services.documents.upload(desk.sales, "zeros.txt", Zeros())  # type: ignore[arg-type]
    assert files(desk) == 0


# --- looking --------------------------------------------------------------------------------------------------------


def test_the_list_shows_what_one_may_read_newest_first_in_pages(desk: Desk) -> None:
    ids = [desk.upload(desk.sales, f"{RUSSIAN} {n}", f"note {n}.txt").document.id for n in range(5)]
    desk.upload(desk.sales, RUSSIAN, "secret.txt", "my-documents")
    page, total = desk.services.documents.list(desk.analyst, limit=2, offset=1)
    assert ([document.id for document in page], total) == (ids[::-1][1:3], 5)
    assert desk.services.documents.list(desk.sales)[1] == 6
    with pytest.raises(Forbidden):
        desk.services.documents.list(desk.guest)


def test_the_list_can_be_narrowed_by_collection_text_and_stage(desk: Desk) -> None:
    ready = desk.index(desk.sales, RUSSIAN, "100% refunds.txt")
    mine = desk.upload(desk.sales, RUSSIAN, "own_note.txt", "my-documents").document

    def ids(**by: object) -> list[object]:
        return [document.id for document in desk.services.documents.list(desk.sales, **by)[0]]  # type: ignore[arg-type]

    assert ids(collection="my-documents") == [mine.id]
    assert ids(collection="documents") == [ready.id]
    assert ids(text="0% REF") == [ready.id]
    assert ids(text="n_n") == [mine.id]
    assert ids(stages=[Stage.READY]) == [ready.id]
    assert ids(text="nothing like it") == []


def test_a_document_of_another_persons_own_collection_does_not_exist_for_others(desk: Desk) -> None:
    mine = desk.upload(desk.sales, RUSSIAN, collection="my-documents").document
    for who in (desk.admin, desk.analyst, desk.guest):
        for call in (desk.services.documents.get, desk.services.documents.open, desk.services.documents.delete):
            with pytest.raises(NotFound):
                call(who, mine.id)
    with pytest.raises(NotFound):
        desk.services.documents.get(desk.sales, uuid4())


def test_the_original_comes_back_byte_by_byte(desk: Desk) -> None:
    original = samples.pdf([["A page."]])
    document, stream = desk.services.documents.open(
        desk.analyst, desk.upload(desk.sales, original, "a.pdf").document.id
    )
    with stream:
        assert stream.read() == original
    assert (document.media_type, document.size) == ("application/pdf", len(original))


def test_a_page_of_a_pdf_is_an_image_and_other_formats_have_none(desk: Desk) -> None:
    pdf = desk.upload(desk.sales, samples.pdf([["One."], ["Two."]]), "a.pdf").document
    image = desk.services.documents.page_image(desk.analyst, pdf.id, 2, "Two.")
    assert image.startswith(b"\x89PNG")
    assert image != desk.services.documents.page_image(desk.analyst, pdf.id, 2)
    note = desk.upload(desk.sales, RUSSIAN).document
    for document, page in ((note, 1), (pdf, 3), (pdf, 0)):
        with pytest.raises(NotFound):
            desk.services.documents.page_image(desk.analyst, document.id, page)


# --- deleting -------------------------------------------------------------------------------------------------------


def test_a_deletion_says_what_it_removed_and_leaves_nothing_to_find(desk: Desk) -> None:
    other = desk.index(desk.analyst, RUSSIAN)
    document = desk.index(desk.sales, samples.pdf([[ENGLISH], [RUSSIAN]]), "a.pdf")
    desk.services.documents.page_image(desk.sales, document.id, 1)
    removed = desk.services.documents.delete(desk.sales, document.id)
    # the original and its parse; a passage in each language, of which the model embeds one
    assert (removed.files, removed.chunks, removed.vectors, removed.lexical, removed.cache) == (2, 2, 1, 2, 1)
    version = desk.services.collections.get(desk.sales, "documents").version
    assert desk.services.vectors.count(version.vector_name) == 0
    assert desk.services.lexical.ids(version.vector_name) == set(desk.chunk_ids(other.id))
    with pytest.raises(NotFound):
        desk.services.documents.get(desk.sales, document.id)
    with pytest.raises(NotFound):
        desk.services.documents.delete(desk.sales, document.id)


def test_a_file_stays_while_another_document_has_the_same_bytes(desk: Desk, blobs: Blobs) -> None:
    shared, own = desk.index(desk.sales, RUSSIAN), desk.index(desk.sales, RUSSIAN, collection="my-documents")
    assert desk.services.documents.delete(desk.sales, shared.id).files == 0
    assert blobs.exists(own.sha256)
    assert desk.services.documents.delete(desk.sales, own.id).files == 2
    assert files(desk) == 0


def test_only_its_owner_and_administrators_delete_a_shared_document(desk: Desk) -> None:
    document = desk.index(desk.sales, RUSSIAN)
    with pytest.raises(Forbidden):
        desk.services.documents.delete(desk.analyst, document.id)
    assert desk.services.documents.delete(desk.admin, document.id).chunks == 1


def test_a_deletion_reaches_the_versions_before_a_reindex(desk: Desk) -> None:
    document = desk.index(desk.sales, RUSSIAN)
    desk.rebuild()
    new, old = (one.version for one in desk.services.versions.list(desk.admin, "documents"))
    removed = desk.services.documents.delete(desk.sales, document.id)
    assert (removed.chunks, removed.lexical) == (2, 2)
    assert desk.services.lexical.count(old.vector_name) == desk.services.lexical.count(new.vector_name) == 0


def test_a_deletion_blanks_the_snapshots_that_answers_kept(desk: Desk) -> None:
    document = desk.index(desk.sales, RUSSIAN)
    with desk.services.db.begin() as tx:
        query = "INSERT INTO conversations (owner_id, title_sealed) VALUES (:owner, '') RETURNING id"
        conversation = tx.connection.execute(text(query), {"owner": desk.sales.user_id}).scalar_one()
        query = "INSERT INTO messages (conversation_id, author, text_sealed) VALUES (:id, 'assistant', '') RETURNING id"
        message = tx.connection.execute(text(query), {"id": conversation}).scalar_one()
        query = (
            "INSERT INTO citations (message_id, n, document_id, title, page, text_sealed)"
            " VALUES (:message, 1, :document, 'note', 1, 'sealed')"
        )
        tx.connection.execute(text(query), {"message": message, "document": document.id})
    desk.services.documents.delete(desk.sales, document.id)
    with desk.services.db.begin() as tx:
        row = tx.connection.execute(text("SELECT title, page, text_sealed, document_id FROM citations")).one()
    assert tuple(row) == ("note", 1, None, None)


def test_uploads_and_deletions_are_in_the_audit_log(desk: Desk) -> None:
    document = desk.index(desk.sales, RUSSIAN)
    desk.services.documents.delete(desk.sales, document.id)
    entries = desk.services.audit.list(desk.admin, action="document.")
    assert [(entry.action, entry.actor, entry.object_id) for entry in entries] == [
        ("document.delete", "sales@example.com", str(document.id)),
        ("document.upload", "sales@example.com", str(document.id)),
    ]
