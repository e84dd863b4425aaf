from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.entities.sources import Broken, Record
from core.errors import BadInput, SourceFailed
from rag.sources import Surroundings
from rag.sources.folder import FolderConfig, read


@pytest.fixture
def folder(tmp_path: Path, around: Surroundings) -> Path:
    made = tmp_path / "root" / "papers"
    (made / "2024").mkdir(parents=True)
    return made


def records(folder: Path, around: Surroundings, pattern: str = "") -> dict[str, Record | Broken]:
    return {one.key: one for one in read(FolderConfig(path=str(folder), pattern=pattern), around)}


def test_every_file_is_a_record_by_its_path_and_what_no_reader_knows_is_told(
    folder: Path, around: Surroundings
) -> None:
    (folder / "a.txt").write_text("one")
    (folder / "2024" / "b.md").write_text("two")
    (folder / "c.exe").write_text("three")
    (folder / ".hidden.txt").write_text("four")
    found = records(folder, around)
    assert sorted(found) == ["2024/b.md", "a.txt", "c.exe"]
    assert isinstance(found["c.exe"], Broken)
    record = found["2024/b.md"]
    assert isinstance(record, Record)
    with record.open() as stream:
        assert (record.filename, stream.read()) == ("b.md", b"two")


def test_a_pattern_chooses_by_name_or_path(folder: Path, around: Surroundings) -> None:
    for name in ("a.txt", "b.md", "2024/c.txt"):
        (folder / name).write_text("x")
    assert sorted(records(folder, around, "*.md, 2024/*")) == ["2024/c.txt", "b.md"]


def test_the_stamp_changes_with_the_file(folder: Path, around: Surroundings) -> None:
    path = folder / "a.txt"
    path.write_text("one")
    before = records(folder, around)["a.txt"]
    assert records(folder, around)["a.txt"].stamp == before.stamp  # type: ignore[union-attr]
    path.write_text("two")
    os.utime(path, ns=(1, 1))
    assert records(folder, around)["a.txt"].stamp != before.stamp  # type: ignore[union-attr]


@pytest.mark.parametrize("path", ["/etc", "/", "..", "{root}/../elsewhere", "{root}/link"])
def test_a_folder_that_is_not_below_the_roots_is_refused(
    path: str, folder: Path, tmp_path: Path, around: Surroundings
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadInput, match="not below a folder"):
        records(Path(path.format(root=tmp_path / "root")), around)


def test_symbolic_links_lead_nowhere(folder: Path, tmp_path: Path, around: Surroundings) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "up").symlink_to(tmp_path)
    (folder / "a.txt").write_text("one")
    assert list(records(folder, around)) == ["a.txt"]


def test_a_folder_that_is_gone_is_an_error_and_not_an_empty_one(tmp_path: Path, around: Surroundings) -> None:
    with pytest.raises(SourceFailed, match="no folder"):
        records(tmp_path / "root" / "gone", around)


def test_a_name_that_is_no_text_is_a_record_all_the_same(folder: Path, around: Surroundings) -> None:
    (folder / os.fsdecode(b"caf\xe9.txt")).write_text("one")
    assert list(records(folder, around)) == ["caf?.txt"]
