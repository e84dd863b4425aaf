from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import text

from core.entities.corpora import Stage
from core.errors import Unavailable
from data.stores.passages import Scope
from services.container import Services
from services.files.blobs import Blobs
from services.files.ingestion import MAX_ATTEMPTS
from tests import samples
from tests.desk import ENGLISH, RUSSIAN, Desk
from tests.shared import SHARED_DATA, needs_shared_data


@pytest.fixture
def desk(services: Services, model: None) -> Desk:
    return Desk(services)


def set_stage(desk: Desk, stage: Stage) -> None:
    """Puts every document back to a stage, as a crash right after it leaves them."""
    with desk.services.db.begin() as tx:
        tx.connection.execute(text("UPDATE documents SET stage = :stage"), {"stage": stage.value})


def test_a_document_ends_ready_described_and_found_in_both_indexes(desk: Desk) -> None:
    document = desk.index(desk.sales, samples.pdf([["Refunds"], [ENGLISH]]), "refunds.pdf")
    assert (document.stage, document.pages, document.language, document.error) == (Stage.READY, 2, "en", "")
    assert document.done == document.total == document.chunks == len(desk.chunk_ids(document.id))
    version = desk.services.collections.get(desk.sales, "documents").version
    assert desk.services.vectors.ids(version.vector_name) == set(desk.chunk_ids(document.id))
    assert set(desk.found(desk.sales, "documents", "refunds", "en")) == set(desk.chunk_ids(document.id))


def test_text_in_a_language_the_model_does_not_speak_gets_no_vectors_and_is_found_by_words(desk: Desk) -> None:
    document = desk.index(desk.sales, RUSSIAN)
    version = desk.services.collections.get(desk.sales, "documents").version
    assert (document.stage, document.language, document.done) == (Stage.READY, "ru", 1)
    assert desk.services.vectors.count(version.vector_name) == 0
    assert desk.found(desk.sales, "documents", "возвраты") == desk.chunk_ids(document.id)


def test_many_documents_at_once_all_become_ready(desk: Desk) -> None:
    ids = [desk.upload(desk.sales, f"{RUSSIAN} Номер {n}.", f"{n}.txt").document.id for n in range(40)]
    bad = desk.upload(desk.sales, samples.TRUNCATED[".docx"](), "bad.docx").document.id
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(desk.services.ingestion.run, [*ids[:20], bad, *ids[20:]]))
    stages = {document.id: document.stage for document in desk.services.documents.list(desk.sales, limit=100)[0]}
    assert stages == {**dict.fromkeys(ids, Stage.READY), bad: Stage.FAILED}
    version = desk.services.collections.get(desk.sales, "documents").version
    assert desk.services.lexical.count(version.vector_name) == 40


@pytest.mark.parametrize("stage", [stage for stage in Stage if not stage.ended])
def test_a_document_is_taken_up_at_any_stage_and_nothing_of_it_doubles(desk: Desk, stage: Stage) -> None:
    document = desk.index(desk.sales, RUSSIAN)
    before = desk.chunk_ids(document.id)
    set_stage(desk, stage)
    desk.services.ingestion.run(document.id)
    assert desk.services.documents.get(desk.sales, document.id).stage is Stage.READY
    assert desk.chunk_ids(document.id) == before
    version = desk.services.collections.get(desk.sales, "documents").version
    assert desk.services.lexical.count(version.vector_name) == len(before)


def test_an_index_that_lost_its_folder_is_made_again_before_the_document_counts_as_verified(desk: Desk) -> None:
    first, second = desk.index(desk.sales, RUSSIAN), desk.index(desk.sales, RUSSIAN + " Второй.")
    version = desk.services.collections.get(desk.sales, "documents").version
    desk.services.lexical.drop(version.vector_name)
    set_stage(desk, Stage.INDEXED)
    desk.services.ingestion.run(first.id)
    desk.services.ingestion.run(second.id)
    assert len(desk.found(desk.sales, "documents", "возврат")) == 2


def test_chunks_of_a_document_that_is_not_ready_are_not_passages(desk: Desk) -> None:
    document = desk.index(desk.sales, RUSSIAN)
    version = desk.services.collections.get(desk.sales, "documents").version
    for stage in Stage:
        set_stage(desk, stage)
        with desk.services.db.begin() as tx:
            seen = tx.passages.permitted(Scope(version.id, desk.sales), desk.chunk_ids(document.id))
        assert bool(seen) == (stage is Stage.READY)


@pytest.mark.parametrize("suffix", sorted(samples.GOOD))
def test_every_format_becomes_ready_from_its_upload(desk: Desk, suffix: str) -> None:
    document = desk.index(desk.sales, samples.GOOD[suffix](), f"refunds{suffix}")
    assert (document.stage, document.error) == (Stage.READY, "")
    assert document.chunks > 0


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (samples.encrypted_pdf, "a.pdf", "password"),
        (samples.EMPTY[".pdf"], "a.pdf", "scan"),
        (samples.EMPTY[".txt"], "a.txt", "no text"),
        (samples.TRUNCATED[".docx"], "a.docx", "damaged"),
    ],
)
def test_a_file_that_cannot_be_read_ends_failed_with_a_plain_reason(
    desk: Desk, content: samples.Build, name: str, sentence: str
) -> None:
    document = desk.index(desk.sales, content(), name)
    assert document.stage is Stage.FAILED
    assert sentence in document.error
    assert desk.chunk_ids(document.id) == []


def test_a_document_that_is_gone_or_done_is_left_alone(desk: Desk) -> None:
    desk.services.ingestion.run(uuid4())
    document = desk.index(desk.sales, RUSSIAN)
    desk.services.ingestion.run(document.id)
    assert desk.services.documents.get(desk.sales, document.id).updated_at == document.updated_at


def test_a_file_that_went_missing_ends_failed_and_says_what_to_do(desk: Desk) -> None:
    document = desk.upload(desk.sales, RUSSIAN).document
    Blobs(desk.services.settings.blobs_url).remove(document.sha256)
    desk.services.ingestion.run(document.id)
    assert "Upload it again" in desk.services.documents.get(desk.sales, document.id).error


def test_the_unexpected_is_tried_again_and_then_ends_failed_with_a_reference(desk: Desk) -> None:
    document = desk.upload(desk.sales, RUSSIAN).document
    with desk.services.db.begin() as tx:  # a rule that no chunk can keep: every insertion fails
        tx.connection.execute(text("ALTER TABLE chunks ADD CONSTRAINT never CHECK (false)"))
    for _ in range(MAX_ATTEMPTS - 1):
        with pytest.raises(Exception, match="never"):
            desk.services.ingestion.run(document.id)
    desk.services.ingestion.run(document.id)
    failed = desk.services.documents.get(desk.sales, document.id)
    assert (failed.stage, "reference" in failed.error, "never" in failed.error) == (Stage.FAILED, True, False)


def test_what_is_down_for_a_while_costs_the_document_no_attempt(desk: Desk) -> None:
    document = desk.upload(desk.sales, ENGLISH).document
    model = desk.services.settings.var_dir / "models"
    target = model.readlink()
    model.unlink()
    for _ in range(MAX_ATTEMPTS + 1):
        with pytest.raises(Unavailable, match="not installed"):
            desk.services.ingestion.run(document.id)
    model.symlink_to(target)
    desk.services.ingestion.run(document.id)
    assert desk.services.documents.get(desk.sales, document.id).stage is Stage.READY


def test_a_document_that_took_the_process_down_each_time_is_given_up(desk: Desk) -> None:
    document = desk.upload(desk.sales, RUSSIAN).document
    with desk.services.db.begin() as tx:
        tx.connection.execute(text("UPDATE documents SET attempts = :most"), {"most": MAX_ATTEMPTS})
    desk.services.ingestion.run(document.id)
    assert desk.services.documents.get(desk.sales, document.id).stage is Stage.FAILED


def test_a_reindex_reads_the_kept_parses_and_never_the_files(desk: Desk) -> None:
    document = desk.index(desk.sales, RUSSIAN)
    blobs = desk.services.settings.var_dir / "blobs"
    (blobs / document.sha256[:2] / document.sha256).write_text("not what was parsed")
    shutil.rmtree(blobs / "incoming")
    assert desk.rebuild().status == "done"
    assert len(desk.found(desk.sales, "documents", "возврат")) == 1


@needs_shared_data
def test_every_shared_pdf_ends_ready_or_failed_with_a_sentence(desk: Desk) -> None:
    paths = sorted((SHARED_DATA / "documents").glob("*.pdf"))
    uploads = [desk.upload(desk.sales, path.read_bytes(), path.name).document.id for path in paths]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(desk.services.ingestion.run, uploads))
    documents = desk.services.documents.list(desk.sales, limit=100)[0]
    assert len(documents) == len(paths) == 28
    for document in documents:
        assert document.stage.ended
        assert (document.stage is Stage.FAILED) == document.error.endswith(".")
        assert "reference" not in document.error
