"""The search service: who may search what, and that it sees what it must."""

from __future__ import annotations

import shutil
from uuid import UUID

import pytest

from core.entities.corpora import Collection, CollectionKind, Stage
from core.entities.people import Principal
from core.errors import BadInput, Forbidden, NotFound
from core.roles import Role
from services.container import Services
from tests.shelves import ADMIN, ANALYST, GUEST, SALES, STAFF, Shelves

EVERYONE = tuple(Role)


@pytest.fixture
def shelves(services: Services) -> Shelves:
    return Shelves(services.db, services.vectors)


@pytest.fixture
def shelf(shelves: Shelves) -> Collection:
    return shelves.collection("handbook")


def _texts(services: Services, principal: Principal, name: str = "handbook", question: str = "refunds") -> list[str]:
    return [passage.text for passage in services.search.search(principal, name, question).passages]


def test_a_document_that_is_ready_is_found_at_once(services: Services, shelves: Shelves, shelf: Collection) -> None:
    for number in range(3):
        shelves.add(shelf, [f"Refunds of kind {number}"])
        assert len(_texts(services, SALES)) == number + 1


def test_a_document_on_its_way_does_not_show(services: Services, shelves: Shelves, shelf: Collection) -> None:
    on_its_way = shelves.add(shelf, ["Refunds soon"], stage=Stage.INDEXED)
    assert _texts(services, SALES) == []
    with services.db.begin() as tx:
        tx.stages.advance([on_its_way], Stage.READY)
    assert _texts(services, SALES) == ["Refunds soon"]


def test_a_deleted_document_is_gone_from_the_index_with_the_next_search(
    services: Services, shelves: Shelves, shelf: Collection
) -> None:
    shelves.add(shelf, ["Refunds stay"])
    gone = shelves.add(shelf, ["Refunds go"])
    assert len(_texts(services, SALES)) == 2
    with services.db.begin() as tx:
        tx.chunks.remove_document(gone)
        tx.documents.delete(gone)
    assert _texts(services, SALES) == ["Refunds stay"]
    assert services.lexical.count(shelf.version.vector_name) == 1


@pytest.mark.parametrize(
    ("principal", "readers", "sees"),
    [
        (SALES, STAFF, True),
        (ANALYST, STAFF, True),
        (ADMIN, STAFF, True),
        (SALES, (Role.ANALYST,), False),
        (ADMIN, (Role.ANALYST,), True),
    ],
)
def test_collections_show_to_their_readers(
    services: Services, shelves: Shelves, principal: Principal, readers: tuple[Role, ...], sees: bool
) -> None:
    shelves.add(shelves.collection("closed", readers), ["Refunds"])
    if sees:
        assert _texts(services, principal, "closed") == ["Refunds"]
    else:
        with pytest.raises(NotFound):
            _texts(services, principal, "closed")


def test_a_document_may_narrow_who_reads_it(services: Services, shelves: Shelves, shelf: Collection) -> None:
    shelves.add(shelf, ["Refunds for all"])
    shelves.add(shelf, ["Refunds of the board"], readers=[Role.ADMIN])
    assert _texts(services, SALES) == ["Refunds for all"]
    assert set(_texts(services, ADMIN)) == {"Refunds for all", "Refunds of the board"}


def test_ones_own_collection_is_searched_by_its_short_name_and_by_nobody_else(
    services: Services, shelves: Shelves
) -> None:
    ann, ben = (_person(services, name) for name in ("ann", "ben"))
    with services.db.begin() as tx:
        mine = services.collections.find(tx, ann, "my-documents")
    shelves.add(mine, ["Refunds of Ann"])
    assert _texts(services, ann, "my-documents") == ["Refunds of Ann"]
    assert _texts(services, ben, "my-documents") == []
    for other in (ben, ADMIN):
        with pytest.raises(NotFound):
            _texts(services, other, f"my-documents-{ann.user_id and ann.user_id.hex}")


def _person(services: Services, name: str) -> Principal:
    from core.entities.people import UserStatus

    with services.db.begin() as tx:
        user = tx.users.create(f"{name}@example.com", name, Role.SALES, UserStatus.ACTIVE, "no hash")
    assert user is not None
    return Principal(Role.SALES, user_id=user.id)


def test_guests_do_not_search_but_are_answered_from_questions_and_answers(services: Services, shelves: Shelves) -> None:
    faq = shelves.collection("help", EVERYONE, CollectionKind.FAQ)
    shelves.add(faq, ["Refunds take ten days"])
    shelves.add(shelves.collection("open", EVERYONE), ["Refunds in detail"])
    with pytest.raises(Forbidden):
        services.search.search(GUEST, "help", "refunds")
    answered = services.search.for_answer(GUEST, "help", "refunds", 5)
    assert [passage.text for passage in answered.passages] == ["Refunds take ten days"]
    with pytest.raises(Forbidden):
        services.search.for_answer(GUEST, "open", "refunds", 5)
    assert services.search.for_answer(SALES, "open", "refunds", 5).passages


@pytest.mark.parametrize(("question", "k"), [("", 5), ("  \n", 5), ("refunds", 0), ("refunds", 101)])
def test_what_cannot_be_asked_gets_a_sentence(services: Services, shelf: Collection, question: str, k: int) -> None:
    with pytest.raises(BadInput):
        services.search.search(SALES, shelf.name, question, k)


def test_a_collection_that_is_not_there_is_not_found(services: Services) -> None:
    with pytest.raises(NotFound):
        services.search.search(SALES, "nowhere", "refunds")


# --- the indexes are caches -----------------------------------------------------------------------------------------


def test_a_lexical_folder_that_is_missing_is_built_again(
    services: Services, shelves: Shelves, shelf: Collection
) -> None:
    shelves.add(shelf, ["Refunds stay"])
    gone = shelves.add(shelf, ["Refunds go"])
    with services.db.begin() as tx:
        tx.chunks.remove_document(gone)
        tx.documents.delete(gone)
    assert _texts(services, SALES) == ["Refunds stay"]
    services.lexical.drop(shelf.version.vector_name)
    assert _texts(services, SALES) == ["Refunds stay"]


@pytest.mark.parametrize("harm", ["meta", "segments", "folder"])
def test_a_lexical_folder_that_is_broken_is_built_again(
    services: Services, shelves: Shelves, shelf: Collection, harm: str
) -> None:
    shelves.add(shelf, ["Refunds"])
    assert _texts(services, SALES) == ["Refunds"]
    folder = services.settings.var_dir / "lexical" / shelf.version.vector_name
    match harm:
        case "meta":
            (folder / "meta.json").write_text("broken")
        case "segments":
            for file in folder.glob("*.term"):
                file.write_bytes(b"broken")
        case "folder":
            shutil.rmtree(folder)
    shelves.add(shelf, ["Refunds again"])
    assert set(_texts(services, SALES)) == {"Refunds", "Refunds again"}


def test_an_index_ahead_of_a_restored_database_is_built_again_at_start(
    services: Services, shelves: Shelves, shelf: Collection
) -> None:
    services.lexical.apply(shelf.version.vector_name, (), seq=10**12)
    shelves.add(shelf, ["Refunds"])
    services.indexing.restore_lexical()
    assert _texts(services, SALES) == ["Refunds"]


def test_vectors_that_are_missing_are_written_again_from_sql(
    services: Services, shelves: Shelves, shelf: Collection
) -> None:
    shelves.add(shelf, ["one", "two"], vectors=[[1.0] * 384, [0.5] * 384])
    name = shelf.version.vector_name
    there = services.vectors.ids(name)
    services.vectors.drop(name)
    services.indexing.restore_vectors()
    assert services.vectors.ids(name) == there != set()


def test_vectors_that_sql_does_not_know_are_removed(services: Services, shelves: Shelves, shelf: Collection) -> None:
    shelves.add(shelf, ["one"], vectors=[[1.0] * 384])
    name = shelf.version.vector_name
    there = services.vectors.ids(name)
    services.vectors.upsert(name, {UUID(int=1): [1.0] * 384})
    services.indexing.restore_vectors()
    assert services.vectors.ids(name) == there


def test_many_changes_are_followed_in_steps(services: Services, shelves: Shelves, shelf: Collection) -> None:
    shelves.add(shelf, ["Refunds first"])
    assert len(_texts(services, SALES)) == 1
    shelves.add(shelf, [f"Filler {i}" for i in range(4_500)])
    services.indexing.catch_up(shelf.version)
    assert services.lexical.count(shelf.version.vector_name) == 4_501
    assert _texts(services, SALES, question="refunds") == ["Refunds first"]
