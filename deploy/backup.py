"""Keeps a whole site in one file, while the product runs or not: the database, the files and the keys that open them.

    python -m deploy.backup TARGET                  a file to make, or a folder to make one in
    python -m deploy.backup TARGET --without-keys   the keys are kept elsewhere

Everything is as of one moment. Indexes and models are left out: they are made from the rest.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from core.secrets import keys_file, secret_key
from core.settings import Settings, load_settings
from data.dumps import Refused, Snapshot, snapshot
from deploy.archive import DATABASE, ENCRYPTION_KEYS, FILES, SECRET_KEY, Manifest, Writer, created, fingerprint
from deploy.database import reached
from deploy.ending import ended
from deploy.files import Files, free


def main() -> int:
    """0 when the archive is there and whole; else 1, after one sentence on standard error, and nothing is left."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path)
    parser.add_argument("--without-keys", action="store_true", help="leave the keys out: without them it opens nothing")
    asked = parser.parse_args()
    return ended(
        lambda: back_up(load_settings(), asked.target, with_keys=not asked.without_keys),
        refusal="No backup was made.",
        broken_off=lambda reason: f"No backup was made. {asked.target} cannot be written: {reason}.",
    )


def back_up(settings: Settings, target: Path, *, with_keys: bool = True) -> Path:
    """Writes the archive and returns its path. Raises Refused, StartupError and OSError."""
    started = time.monotonic()
    path = _path(target)
    if with_keys and settings.encryption_keys is None and not keys_file(settings).exists():
        raise Refused(f"The keys are not in {keys_file(settings)}: set NICHEWISE_ENCRYPTION_KEYS, or --without-keys.")
    files = Files(settings.blobs_url)
    with reached(settings) as url, created(path) as writer:
        _check_room(files, path)
        # Files first: what is deleted while this runs is then there, and what comes in is fetched after the snapshot.
        _add_files(files, writer, set(files.sizes()))
        with snapshot(url) as taken:
            manifest = _add_database(taken, writer, _keys(settings))
            named = taken.files()
        _add_files(files, writer, {one for one in files.sizes() if _sha256(one) in named or one.startswith("aside/")})
        if with_keys:
            writer.add(ENCRYPTION_KEYS, io.BytesIO(",".join(_keys(settings)).encode()))
            writer.add(SECRET_KEY, io.BytesIO(secret_key(settings).encode()))
        missing = sorted(named - {_sha256(one) for one in writer.members})
        manifest = replace(manifest, missing=tuple(missing), members=writer.members)
        writer.end(manifest)
    _report(path, manifest, time.monotonic() - started)
    return path


def _path(target: Path) -> Path:
    if target.is_dir():
        target = target / f"nichewise-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip"
    if target.exists():
        raise Refused(f"{target} is there already: name another file.")
    return target


def _check_room(files: Files, path: Path) -> None:
    needed = sum(files.sizes().values())
    if (room := free(path.parent)) < needed:
        raise Refused(f"The disk of {path.parent} is too small: {_size(needed)} are needed and {_size(room)} are free.")


def _keys(settings: Settings) -> tuple[str, ...]:
    """Of encryption at rest, newest first; none where they are not on this machine."""
    if settings.encryption_keys is not None:
        joined = settings.encryption_keys.get_secret_value()
    else:
        joined = keys_file(settings).read_text() if keys_file(settings).exists() else ""
    return tuple(key.strip() for key in joined.split(",") if key.strip())


def _add_files(files: Files, writer: Writer, paths: set[str]) -> None:
    for path in sorted(paths):
        if FILES + path in writer.members:
            continue
        with files.open(path) as source:
            if source is not None:
                writer.add(FILES + path, source)


def _add_database(taken: Snapshot, writer: Writer, keys: tuple[str, ...]) -> Manifest:
    at = datetime.now(UTC).isoformat(timespec="seconds")
    with taken.stream() as dump:
        writer.add(DATABASE, dump)
    if not keys:  # they are kept where this machine does not see them
        return Manifest(at, taken.schema, taken.server, taken.size, ())
    sealed = taken.sealed(keys)
    in_use = tuple(fingerprint(key) for place, key in enumerate(keys) if place in sealed.keys)
    return Manifest(at, taken.schema, taken.server, taken.size, in_use, sealed.lost)


def _sha256(path: str) -> str:
    return path.rpartition("/")[2][:64]


def _report(path: Path, manifest: Manifest, seconds: float) -> None:
    kept = manifest.files
    _say(f"  Database: {_size(manifest.members[DATABASE].size)}, as of {manifest.made_at}, schema {manifest.schema}")
    _say(f"  Files: {len(kept):,}, {_size(sum(one.size for one in kept.values()))}")
    _say(f"  {path}: {_size(path.stat().st_size)} in {seconds:.1f} s")
    if manifest.missing:
        _say(f"  Files that documents name and that were not there: {len(manifest.missing)}")
    if manifest.unreadable:
        _say(f"  No key opens {manifest.unreadable} of the encrypted values: a key that was in use is missing.")
    if ENCRYPTION_KEYS in manifest.members:
        _say("It holds the keys: whoever has this file can read everything in it. Keep it as you keep a password.")
    else:
        _say("It holds no keys: keep those of NICHEWISE_ENCRYPTION_KEYS, without which conversations stay closed.")


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GB" if count >= 2**30 else f"{count / 2**20:.1f} MB"


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
