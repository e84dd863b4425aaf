"""What a backup holds and what a restore makes of it; what it refuses before it touches anything."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet
from psycopg import sql
from pydantic import SecretStr
from sqlalchemy import make_url, text

from core.errors import StartupError
from core.lock import UNFINISHED, VarLock
from core.secrets import cipher, keys_file, secret_key
from core.settings import ROOT, Settings
from data.address import plain
from data.database import Database
from data.dumps import Refused
from data.stores.documents import NewDocument
from deploy.archive import Manifest, opened
from deploy.backup import back_up
from deploy.restore import restore
from services.files.blobs import Blobs
from tests.services.conversing import SECRET, Talks
from tests.shared import quick_folder
from tests.waiting import until

FILE = b"The lanterns of the quay are lit at dusk.\n" * 1000


class Site:
    """A database, a folder and two documents with their files; one conversation about them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        db = Database(url_of(settings), cipher(settings))
        secret_key(settings)
        talks = Talks(db)
        talks.turn(talks.start(talks.ann, SECRET), SECRET, SECRET, talks.document())
        blobs = Blobs(settings.blobs_url)
        self.files = [blobs.put(FILE), blobs.put(b"short")]
        blobs.put_derived(self.files[0], ".parse", b"a parse")
        with db.begin() as tx:
            collection = tx.collections.named("documents")
            assert collection
            for sha256 in self.files:
                tx.documents.add(NewDocument(collection.id, f"{sha256[:4]}.txt", "text/plain", sha256, 5, title="A"))
        db.close()


def url_of(settings: Settings) -> str:
    assert settings.database_url
    return settings.database_url.get_secret_value()


@pytest.fixture
def settings(settings: Settings, database_url: str) -> Settings:
    return settings.model_copy(update={"database_url": SecretStr(database_url)})


@pytest.fixture
def site(settings: Settings) -> Site:
    return Site(settings)


@pytest.fixture
def kept(site: Site, tmp_path: Path) -> Path:
    return back_up(site.settings, tmp_path)


@pytest.fixture
def empty_database(postgres_url: str) -> Iterator[str]:
    name = f"empty_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def fresh(tmp_path: Path, empty_database: str) -> Settings:
    """Another machine, with an outside database that is empty."""
    return Settings(_env_file=None, var_dir=tmp_path / "other", demo=False, database_url=SecretStr(empty_database))


def assert_same(site: Site, settings: Settings) -> None:
    db = Database(url_of(settings), cipher(settings))
    with db.begin() as tx:
        said = tx.connection.execute(text("SELECT text_sealed FROM messages")).scalars()
        assert {tx.cipher.open(bytes(one)) for one in said} == {SECRET}
        assert tx.soundness.blobs_in_use(site.files) == set(site.files)
    db.close()
    blobs = Blobs(settings.blobs_url)
    with blobs.open(site.files[0]) as source:
        assert source.read() == FILE
    assert blobs.derived(site.files[0], ".parse") == b"a parse"
    assert secret_key(settings) == secret_key(site.settings)


def untouched(settings: Settings) -> bool:
    with psycopg.connect(url_of(settings)) as server:
        tables = server.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    return tables == (0,) and {one.name for one in settings.var_dir.glob("*")} <= {"owner.lock", "models"}


def test_what_is_kept_comes_back(
    site: Site, tmp_path: Path, fresh: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = back_up(site.settings, tmp_path)
    assert "It holds the keys" in capsys.readouterr().out
    assert kept.stat().st_mode & 0o777 == 0o600
    (fresh.var_dir / "models").mkdir(parents=True)  # as an image brings them
    restore(fresh, kept)
    assert_same(site, fresh)
    assert keys_file(fresh).stat().st_mode & 0o777 == 0o600
    assert not (fresh.var_dir / UNFINISHED).exists()
    VarLock(fresh.var_dir).take()


def test_files_are_kept_on_any_file_system(site: Site, fresh: Settings, tmp_path: Path) -> None:
    there = Blobs("memory://here")
    for content in (FILE, b"short"):
        there.put(content)
    there.put_derived(site.files[0], ".parse", b"a parse")
    kept = back_up(site.settings.model_copy(update={"blobs": "memory://here"}), tmp_path)
    elsewhere = fresh.model_copy(update={"blobs": "memory://there"})
    restore(elsewhere, kept)
    assert_same(site, elsewhere)


def test_a_file_that_is_gone_is_counted_and_the_rest_comes_back(
    site: Site, tmp_path: Path, fresh: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    Blobs(site.settings.blobs_url).remove(site.files[1])
    kept = back_up(site.settings, tmp_path)
    with opened(kept) as found:
        assert site.files[1] in found.manifest.missing
    assert "were not there: 2" in capsys.readouterr().out
    restore(fresh, kept)
    assert_same(site, fresh)


def test_without_keys_nothing_in_it_opens_what_is_sealed(site: Site, fresh: Settings, tmp_path: Path) -> None:
    kept = back_up(site.settings, tmp_path / "kept.zip", with_keys=False)
    keys = keys_file(site.settings).read_text()
    assert keys.encode() not in kept.read_bytes()
    assert secret_key(site.settings).encode() not in kept.read_bytes()
    with pytest.raises(Refused, match="holds no keys"):
        restore(fresh, kept)
    assert untouched(fresh)
    own = {"encryption_keys": SecretStr(keys), "secret_key": SecretStr(secret_key(site.settings))}
    given = fresh.model_copy(update=own)
    restore(given, kept)
    assert_same(site, given)
    assert not keys_file(fresh).exists(), "what the environment says is not written down"


def test_every_key_in_use_is_needed(settings: Settings, fresh: Settings, tmp_path: Path) -> None:
    old, new, never = (Fernet.generate_key().decode() for _ in range(3))
    Site(settings.model_copy(update={"encryption_keys": SecretStr(old)}))
    rotated = settings.model_copy(update={"encryption_keys": SecretStr(f"{new},{old},{never}")})
    kept = back_up(rotated, tmp_path)
    with pytest.raises(Refused, match="not those that the archive is sealed with"):
        restore(fresh.model_copy(update={"encryption_keys": SecretStr(new)}), kept)
    assert untouched(fresh)
    restore(fresh.model_copy(update={"encryption_keys": SecretStr(old)}), kept)  # nothing is sealed with the others


def test_what_no_key_opens_is_said_when_it_is_kept(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = SecretStr(Fernet.generate_key().decode())
    back_up(site.settings.model_copy(update={"encryption_keys": other}), tmp_path)
    assert "No key opens" in capsys.readouterr().out


# --- refusals -------------------------------------------------------------------------------------------------------


def test_a_folder_in_use_is_refused(kept: Path, fresh: Settings) -> None:
    lock = VarLock(fresh.var_dir)
    lock.take()
    with pytest.raises(Refused, match=f"Process {os.getpid()} uses"):
        restore(fresh, kept)
    lock.release()
    assert untouched(fresh)


def test_a_folder_that_is_not_empty_is_refused(kept: Path, fresh: Settings) -> None:
    (fresh.var_dir / "blobs").mkdir(parents=True)
    with pytest.raises(Refused, match="is not empty"):
        restore(fresh, kept)
    assert list((fresh.var_dir / "blobs").iterdir()) == []


def test_an_outside_database_that_is_not_empty_is_refused(site: Site, kept: Path, fresh: Settings) -> None:
    with pytest.raises(Refused, match="is not empty"):
        restore(fresh.model_copy(update={"database_url": site.settings.database_url}), kept)
    assert untouched(fresh)


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9, 0.9999])
def test_an_archive_that_was_cut_short_is_refused(kept: Path, fresh: Settings, part: float) -> None:
    whole = kept.read_bytes()
    kept.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(Refused, match="damaged or was cut short"):
        restore(fresh, kept)
    assert untouched(fresh)


@pytest.mark.parametrize("name", ["database.dump", "files/", "manifest.json", "secrets/encryption_keys"])
def test_an_archive_that_was_changed_is_refused(kept: Path, fresh: Settings, name: str) -> None:
    with zipfile.ZipFile(kept) as bundle:
        member = next(one for one in bundle.infolist() if one.filename.startswith(name))
    changed = bytearray(kept.read_bytes())
    at = member.header_offset + 30 + len(member.filename) + 40  # behind the header and what is said of large files
    changed[at] ^= 0x20
    kept.write_bytes(changed)
    with pytest.raises(Refused, match="damaged"):
        restore(fresh, kept)
    assert untouched(fresh)


def _rewritten(kept: Path, change: Callable[[dict[str, object]], object]) -> None:
    with zipfile.ZipFile(kept) as bundle:
        members = {name: bundle.read(name) for name in bundle.namelist()}
    manifest = json.loads(members["manifest.json"])
    change(manifest)
    members["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(kept, "w") as bundle:
        for name, content in members.items():
            bundle.writestr(name, content)


def test_an_archive_of_a_newer_version_is_refused(kept: Path, fresh: Settings) -> None:
    _rewritten(kept, lambda manifest: manifest.update(schema="9999"))
    with pytest.raises(Refused, match=r"newer version of Nichewise \(schema 9999\)"):
        restore(fresh, kept)
    _rewritten(kept, lambda manifest: manifest.update(format=2))
    with pytest.raises(Refused, match="newer version"):
        restore(fresh, kept)
    assert untouched(fresh)


def test_an_archive_that_would_write_elsewhere_is_refused(kept: Path, fresh: Settings) -> None:
    with zipfile.ZipFile(kept, "a") as bundle:
        bundle.writestr("files/../../outside", "x")
    with pytest.raises(Refused, match="not what its manifest names"):
        restore(fresh, kept)


def test_something_else_is_no_backup(tmp_path: Path, fresh: Settings) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as bundle:
        bundle.writestr("letter.txt", "Dear all")
    with pytest.raises(Refused, match="is no backup"):
        restore(fresh, tmp_path / "other.zip")
    with pytest.raises(Refused, match="cannot be read: No such file"):
        restore(fresh, tmp_path / "none.zip")


def test_an_empty_database_gives_no_backup(fresh: Settings, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="nothing to keep"):
        back_up(fresh, tmp_path / "empty.zip", with_keys=False)
    gone = SecretStr("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(Refused, match="does not answer"):
        back_up(fresh.model_copy(update={"database_url": gone}), tmp_path / "empty.zip", with_keys=False)
    with pytest.raises(Refused, match="There is no database in"):
        back_up(fresh.model_copy(update={"database_url": None}), tmp_path / "empty.zip", with_keys=False)
    assert list(tmp_path.glob("*.zip*")) == []


def test_a_backup_is_never_overwritten(site: Site, kept: Path) -> None:
    with pytest.raises(Refused, match="there already"):
        back_up(site.settings, kept)


@contextmanager
def disk(megabytes: int) -> Iterator[Path]:
    with quick_folder() as folder:
        command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=711", "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            pytest.skip("only root can make a disk of this size")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_is_too_small_is_refused(kept: Path, fresh: Settings) -> None:
    with disk(20) as small, pytest.raises(Refused, match=r"too small: \d+ MB are needed and (19|20) MB are free"):
        restore(fresh.model_copy(update={"var_dir": small / "var", "database_url": None}), kept)


def test_a_disk_that_fills_up_leaves_no_backup(site: Site, tmp_path: Path) -> None:
    Blobs(site.settings.blobs_url).put(os.urandom(1 << 20))
    with disk(2) as small:
        (small / "in the way").write_bytes(bytes((1 << 20) - (1 << 17)))
        environment = {
            "NICHEWISE_VAR_DIR": str(site.settings.var_dir),
            "NICHEWISE_DATABASE_URL": url_of(site.settings),
        }
        status, said = _run("deploy.backup", str(small / "kept.zip"), **environment)
        assert [one.name for one in small.iterdir()] == ["in the way"]
    assert status == 1
    assert said.startswith("No backup was made. ")
    assert "disk" in said
    assert len(said.splitlines()) == 1


# --- broken off -----------------------------------------------------------------------------------------------------


def test_a_restore_that_is_killed_is_not_taken_for_a_whole_one(site: Site, kept: Path, fresh: Settings) -> None:
    environment = {"NICHEWISE_VAR_DIR": str(fresh.var_dir), "NICHEWISE_DATABASE_URL": url_of(fresh)}
    with psycopg.connect(url_of(fresh)) as holder:
        holder.execute("CREATE TABLE messages ()")  # the same name has to wait until this ends
        process = _start("deploy.restore", str(kept), **environment)
        try:
            until(lambda: _sessions(fresh, "wait_event_type = 'Lock'"))
        finally:
            process.kill()
            process.communicate()
        holder.rollback()
    until(lambda: not _sessions(fresh, "true"))
    with psycopg.connect(url_of(fresh)) as server:
        assert server.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    with pytest.raises(StartupError, match="was broken off"):
        VarLock(fresh.var_dir).take()
    restore(fresh, kept)
    assert_same(site, fresh)
    VarLock(fresh.var_dir).take()


def _sessions(settings: Settings, condition: str) -> int:
    others = "datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    query = f"SELECT count(*) FROM pg_stat_activity WHERE {others} AND {condition}"
    with psycopg.connect(url_of(settings)) as server:
        row = server.execute(query.encode()).fetchone()
    return row[0] if row else 0


def _start(module: str, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", module, *arguments]
    environment = {**os.environ, **settings}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def _run(module: str, *arguments: str, **settings: str) -> tuple[int, str]:
    """What it ended with and what it said on standard error."""
    process = _start(module, *arguments, **settings)
    _, said = process.communicate(timeout=120)
    return process.returncode, said


def test_a_password_with_spaces_and_signs_is_passed_on(postgres_url: str) -> None:
    name, password = f"role_{secrets.token_hex(4)}", "x y+z/@:%20"
    url = make_url(postgres_url).set(drivername="postgresql+psycopg", username=name, password=password)
    with psycopg.connect(postgres_url, autocommit=True) as server:
        made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        server.execute(made.format(sql.Identifier(name), sql.Literal(password)))
        try:
            psycopg.connect(plain(url.render_as_string(hide_password=False))).close()
        finally:
            server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_a_manifest_says_what_it_takes(kept: Path) -> None:
    with opened(kept) as found:
        manifest: Manifest = found.manifest
        found.check()
    assert len(manifest.keys_in_use) == 1
    assert manifest.unreadable == 0
    assert int(manifest.server.split(".")[0]) >= 15
    assert manifest.database_bytes > 1 << 20
