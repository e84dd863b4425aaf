"""Changing the key: everything is sealed anew, also after an interruption, and what nobody can open is said."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import text

from core.secrets import cipher, keys_file
from core.security import Cipher
from core.settings import Settings
from data.database import Database
from data.rotation import rotate, sealed_tables
from deploy import rotate_keys
from tests.services.conversing import SECRET, Talks

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def _filled(url: str, talks: int = 12) -> None:
    db = Database(url, Cipher((OLD,)))
    people = Talks(db)
    for _ in range(talks):
        people.turn(people.start(people.ann, SECRET), SECRET, SECRET, people.document())
    with db.begin() as tx:
        tx.outbox.add("ann@example.com", "Hello", SECRET)
        document = tx.connection.execute(text("SELECT document_id FROM citations LIMIT 1")).scalar_one()
        tx.citations.blank(document)
    db.close()


def _under_old_key(db: Database) -> int:
    only_new = Cipher((NEW,))
    count = 0
    with db.begin() as tx:
        for table in sealed_tables():
            for column in (one for one in table.columns if one.name.endswith("_sealed")):
                values = tx.connection.execute(text(f"SELECT {column.name} FROM {table.name}")).scalars()
                count += sum(value is not None and not only_new.is_newest(bytes(value)) for value in values)
    return count


def test_every_sealed_column_is_known() -> None:
    names = {table.name for table in sealed_tables()}
    assert {"conversations", "messages", "citations", "outbox", "presets", "prompt_template_versions"} <= names


def test_an_interrupted_rotation_is_finished_by_the_next(database_url: str) -> None:
    _filled(database_url)
    both = Cipher((NEW, OLD))
    db = Database(database_url, both)
    everything = _under_old_key(db)
    assert sum(1 for _ in itertools.islice(rotate(db, both, batch=5), 4)) == 4  # then it was killed
    assert 0 < _under_old_key(db) < everything
    done = {one.table: one for one in rotate(db, both, batch=5)}
    assert _under_old_key(db) == 0
    assert sum(one.renewed for one in done.values()) < everything
    assert [one.renewed for one in rotate(db, both)] == [0] * len(sealed_tables())
    db.close()
    with_new_alone = Database(database_url, Cipher((NEW,)))
    with with_new_alone.begin() as tx:
        rows = tx.connection.execute(text("SELECT text_sealed FROM messages")).scalars()
        assert {tx.cipher.open(bytes(row)) for row in rows} == {SECRET}
    with_new_alone.close()


def test_the_command_says_what_it_did_and_what_no_key_opens(
    database_url: str, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    _filled(database_url, talks=1)

    def with_keys(*keys: str) -> Settings:
        changes = {"database_url": SecretStr(database_url), "encryption_keys": SecretStr(",".join(keys))}
        return settings.model_copy(update=changes)

    assert rotate_keys.seal_anew(with_keys(NEW)) == 1
    assert "No key opens" in capsys.readouterr().err
    assert rotate_keys.seal_anew(with_keys(NEW, OLD)) == 0
    said = capsys.readouterr().out
    assert "messages: 2 sealed anew, 2 looked at" in said
    assert rotate_keys.seal_anew(with_keys(NEW)) == 0


def test_a_new_key_goes_before_the_old_ones(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    sealed = cipher(settings).seal(SECRET)
    first = keys_file(settings).read_text()
    rotate_keys.add_key(settings)
    assert str(keys_file(settings)) in capsys.readouterr().out
    assert keys_file(settings).read_text().split(",")[1] == first
    assert keys_file(settings).stat().st_mode & 0o777 == 0o600
    assert cipher(settings).open(sealed) == SECRET
    assert not cipher(settings).is_newest(sealed)


def test_a_key_of_the_environment_is_only_shown(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    rotate_keys.add_key(settings.model_copy(update={"encryption_keys": SecretStr(OLD)}))
    said = capsys.readouterr().out
    assert "NICHEWISE_ENCRYPTION_KEYS" in said
    assert not Path(keys_file(settings)).exists()
