"""The file that holds a whole site: a ZIP with the database, the files, the keys if they are wanted, and a manifest.

The manifest is written last and names every member with its size and SHA-256: an archive that was cut short has none.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import IO, Any

from data.dumps import Refused

FORMAT = 1
DATABASE, ENCRYPTION_KEYS, SECRET_KEY = "database.dump", "secrets/encryption_keys", "secrets/secret_key"
FILES = "files/"  # before the path of a file below the place where files are kept
_MANIFEST = "manifest.json"
_MEMBER = re.compile(r"database\.dump|secrets/(encryption|secret)_keys?|files/([0-9a-f]{2}|aside)/(?!\.)[\w.-]+")
_PIECE = 1 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Member:
    size: int  # bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in the archive, and what it takes to use it."""

    made_at: str  # ISO 8601, UTC: the moment the database is as of
    schema: str  # Alembic revision
    server: str  # version of the PostgreSQL it was taken from
    database_bytes: int  # what the database took up there
    keys_in_use: tuple[str, ...]  # fingerprints of the keys that something in the database is sealed with
    unreadable: int = 0  # sealed values that no key opened
    missing: tuple[str, ...] = ()  # SHA-256 of files that the database names and that were not there
    format: int = FORMAT
    members: dict[str, Member] = field(default_factory=dict)

    @property
    def files(self) -> dict[str, Member]:
        """By their path below the place where files are kept."""
        return {name[len(FILES) :]: member for name, member in self.members.items() if name.startswith(FILES)}


def fingerprint(key: str) -> str:
    """Tells keys apart; they are random, so that it tells nothing else."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


class Writer:
    """Members one after the other; none is held in memory."""

    def __init__(self, bundle: zipfile.ZipFile) -> None:
        self._bundle = bundle
        self.members: dict[str, Member] = {}

    def add(self, name: str, source: IO[bytes]) -> None:
        digest, size = hashlib.sha256(), 0
        with self._bundle.open(name, "w", force_zip64=True) as target:
            while piece := source.read(_PIECE):
                digest.update(piece)
                size += len(piece)
                target.write(piece)
        self.members[name] = Member(size, digest.hexdigest())

    def end(self, manifest: Manifest) -> None:
        self._bundle.writestr(_MANIFEST, json.dumps(asdict(manifest), indent=1))


@contextmanager
def created(path: Path) -> Iterator[Writer]:
    """A new archive that only its owner may read. It has its name at the end; after an error it is gone."""
    scratch = path.with_name(f"{path.name}.part")
    try:
        with os.fdopen(os.open(scratch, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as bundle:
                yield Writer(bundle)
            file.flush()
            os.fsync(file.fileno())
        scratch.rename(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


class Archive:
    """One that is there. Everything raises Refused, with a sentence, where it cannot be used."""

    def __init__(self, path: Path, bundle: zipfile.ZipFile, manifest: Manifest) -> None:
        self._path, self._bundle, self.manifest = path, bundle, manifest

    @contextmanager
    def open(self, name: str) -> Iterator[IO[bytes]]:
        with _damage_named(self._path), self._bundle.open(name) as source:
            yield source

    def text(self, name: str) -> str | None:
        """The content of a small member; None where it was left out."""
        if name not in self.manifest.members:
            return None
        with self.open(name) as source:
            return source.read().decode()

    def check(self) -> None:
        """Reads all of it."""
        for name, member in self.manifest.members.items():
            digest, size = hashlib.sha256(), 0
            with self.open(name) as source:
                while piece := source.read(_PIECE):
                    digest.update(piece)
                    size += len(piece)
            if (size, digest.hexdigest()) != (member.size, member.sha256):
                raise Refused(f"{self._path} is damaged: {name} in it is not what was put there.")


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    try:
        with _damage_named(path):
            bundle = zipfile.ZipFile(path)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from error
    with bundle:
        yield Archive(path, bundle, _manifest(path, bundle))


def _manifest(path: Path, bundle: zipfile.ZipFile) -> Manifest:
    try:
        with _damage_named(path):
            said: dict[str, Any] = json.loads(bundle.read(_MANIFEST))
    except (KeyError, ValueError) as error:
        raise Refused(f"{path} is no backup of Nichewise: it has no manifest.") from error
    if said.get("format") != FORMAT:
        raise Refused(f"{path} was made by a newer version of Nichewise. Install that one.")
    try:
        known = {one.name: said[one.name] for one in fields(Manifest)}
        known["members"] = {name: Member(**member) for name, member in known["members"].items()}
        known["keys_in_use"], known["missing"] = tuple(known["keys_in_use"]), tuple(known["missing"])
        manifest = Manifest(**known)
    except (KeyError, TypeError, AttributeError) as error:
        raise Refused(f"{path} is damaged: its manifest cannot be read.") from error
    there = set(bundle.namelist()) - {_MANIFEST}
    if there != set(manifest.members) or DATABASE not in there or not all(_MEMBER.fullmatch(name) for name in there):
        raise Refused(f"{path} is damaged: what is in it is not what its manifest names.")
    return manifest


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise Refused(f"{path} is damaged or was cut short: take another backup.") from error
