"""ZIP archives become documents, one by one, whatever is in them and whenever the process dies."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from core.entities.corpora import JobRun, Stage
from core.errors import BadInput, Forbidden, NotFound, TooLarge
from core.settings import Settings
from services.container import Services
from services.files.blobs import Blobs
from tests.desk import RUSSIAN, Desk
from tests.sample_formats import archive


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, var_dir=tmp_path / "var", demo=False, archive_files=20, archive_mb=30, upload_mb=1)


@pytest.fixture
def desk(services: Services, model: None) -> Desk:
    return Desk(services)


def start(desk: Desk, members: Mapping[str, str | bytes] | bytes, collection: str = "documents") -> UUID:
    content = members if isinstance(members, bytes) else archive(members)
    return desk.services.archives.start(desk.sales, "all.zip", io.BytesIO(content), collection)


def expanded(desk: Desk, members: Mapping[str, str | bytes] | bytes) -> JobRun:
    run = start(desk, members)
    desk.services.archives.run(run)
    return desk.services.documents.job(desk.sales, run)


def names(desk: Desk) -> list[str]:
    return sorted(document.filename for document in desk.services.documents.list(desk.sales, limit=100)[0])


def aside(desk: Desk) -> list[Path]:
    return list((desk.services.settings.var_dir / "blobs" / "aside").glob("*"))


def test_every_member_becomes_a_document_and_what_cannot_is_named(desk: Desk) -> None:
    run = expanded(
        desk,
        {
            "all/a.txt": RUSSIAN,
            "all/sub/a.txt": f"{RUSSIAN} 2",
            "all/song.mp3": "la la",
            "all/inner.zip": archive({"b.txt": "b"}),
            "all/empty.txt": "",
            "all/same.txt": RUSSIAN,
            "__MACOSX/all/._a.txt": "litter",
            "all/.DS_Store": "litter",
        },
    )
    assert (run.status, run.done, run.total) == ("done", 6, 6)
    assert names(desk) == ["a.txt", "sub - a.txt"]
    assert (run.result["added"], run.result["known"], run.result["refused"]) == (2, 1, 3)
    reasons = {one["name"]: one["reason"] for one in run.result["reasons"]}
    assert "cannot be read" in reasons["song.mp3"]
    assert "ZIP within a ZIP" in reasons["inner.zip"]
    assert reasons["empty.txt"] == "The file is empty."
    assert aside(desk) == []
    assert desk.queued() == 3  # the same bytes again are tried while they are not ready


def test_a_path_that_leads_out_of_the_archive_is_only_a_name(desk: Desk) -> None:
    expanded(desk, {"../../etc/passwd.txt": "a", "/abs/one.txt": "b", "C:\\two\\three.txt": "c"})
    assert names(desk) == ["C - two - three.txt", "abs - one.txt", "etc - passwd.txt"]


def test_links_are_not_followed(desk: Desk) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc/passwd")
        packed.writestr("a.txt", "text")
    assert expanded(desk, target.getvalue()).total == 1


def test_russian_names_that_windows_wrote_are_read(desk: Desk) -> None:
    content = archive({"XXXXX.txt": RUSSIAN}).replace(b"XXXXX", "отчёт".encode("cp866"))
    expanded(desk, content)
    assert names(desk) == ["отчёт.txt"]


@pytest.mark.parametrize(
    ("content", "error", "sentence"),
    [
        (b"no zip at all", BadInput, "is none"),
        (archive({"a.txt": "text"})[:-30], BadInput, "cut off"),
        (archive({}), BadInput, "no files"),
        (archive({f"{n}.txt": "text" for n in range(21)}), BadInput, "more than 20 files"),
        (archive({"a.txt": bytes(31 << 20)}), TooLarge, "more than 30 MB"),
        (archive({"a.txt": bytes(20 << 20)}), BadInput, "200 times its size"),
        (b"", BadInput, "empty"),
    ],
    ids=["no zip", "cut off", "nothing in it", "too many files", "too large", "a bomb", "empty"],  # bytes hold the time
)
def test_what_must_not_be_unpacked_is_refused_at_once_and_leaves_nothing(
    desk: Desk, content: bytes, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        start(desk, content)
    assert not [path for path in (desk.services.settings.var_dir / "blobs").rglob("*") if path.is_file()]


def test_a_protected_archive_is_refused(desk: Desk) -> None:
    packed = bytearray(archive({"a.txt": "text"}))
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(BadInput, match="protected by a password"):
        start(desk, bytes(packed))


def test_a_member_beyond_the_limit_of_the_role_is_refused_and_the_others_taken(desk: Desk) -> None:
    run = expanded(desk, {"large.txt": "xy" * (1 << 20), "small.txt": RUSSIAN})
    assert names(desk) == ["small.txt"]
    assert "larger than the limit of 1 MB" in run.result["reasons"][0]["reason"]


def test_a_damaged_member_costs_that_member(desk: Desk) -> None:
    content = bytearray(archive({"a.txt": RUSSIAN * 20, "b.txt": RUSSIAN}))
    content[45] ^= 0xFF
    run = expanded(desk, bytes(content))
    assert (run.status, run.result["added"], run.result["refused"]) == ("done", 1, 1)


def test_after_a_crash_it_goes_on_where_it_was(desk: Desk) -> None:
    run = start(desk, {f"{n}.txt": f"{RUSSIAN} {n}" for n in range(5)})
    with desk.services.db.begin() as tx:
        result = desk.services.documents.job(desk.sales, run).result
        tx.jobs.update(run, status="running", done=3, result={**result, "added": 3})
    desk.services.archives.run(run)
    found = desk.services.documents.job(desk.sales, run)
    assert (found.status, found.result["added"]) == ("done", 5)
    assert names(desk) == ["3.txt", "4.txt"]
    desk.services.archives.run(run)
    assert names(desk) == ["3.txt", "4.txt"]


def test_cancelled_it_takes_nothing_more_in(desk: Desk) -> None:
    run = start(desk, {"a.txt": RUSSIAN})
    with pytest.raises(NotFound):
        desk.services.archives.cancel(desk.analyst, run)
    desk.services.archives.cancel(desk.sales, run)
    desk.services.archives.run(run)
    assert (desk.services.documents.job(desk.sales, run).status, names(desk)) == ("cancelled", [])


def test_who_lost_the_right_meanwhile_adds_nothing(desk: Desk) -> None:
    run = start(desk, {"a.txt": RUSSIAN})
    assert desk.sales.user_id
    with desk.services.db.begin() as tx:
        tx.users.update(desk.sales.user_id, status="disabled")
    desk.services.archives.run(run)
    found = desk.services.documents.job(desk.admin, run)
    assert (found.status, aside(desk)) == ("failed", [])
    assert "may not add" in found.error


def test_who_may_not_upload_is_refused(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        desk.services.archives.start(desk.sales, "all.zip", io.BytesIO(archive({"a.txt": "a"})), "faq")


def test_the_archives_of_the_last_day_are_listed_for_their_owner_alone(desk: Desk) -> None:
    run = start(desk, {"a.txt": RUSSIAN})
    assert [one.id for one in desk.services.archives.recent(desk.sales)] == [run]
    assert desk.services.archives.recent(desk.analyst) == []


def test_an_archive_that_a_crash_left_behind_is_pruned(desk: Desk) -> None:
    start(desk, {"a.txt": RUSSIAN})
    assert desk.services.archives.prune() == 0
    assert Blobs(desk.services.settings.blobs_url).prune_aside(timedelta(0)) == 1


def test_members_end_as_ready_documents(desk: Desk) -> None:
    expanded(desk, {"a.txt": RUSSIAN})
    (document,), _ = desk.services.documents.list(desk.sales)
    desk.services.ingestion.run(document.id)
    assert desk.services.documents.get(desk.sales, document.id).stage is Stage.READY
