"""Makes a site of what `python -m deploy.backup` has kept, in an empty folder or over an empty outside database.

    python -m deploy.restore SOURCE           puts everything back; the product must not run
    python -m deploy.restore SOURCE --check   reads the archive and says whether all of it is there

Nothing is touched before the whole archive has been looked at. A restore that was broken off is run again; until it has
ended, the product does not start over what is there.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.lock import UNFINISHED, VarLock
from core.secrets import keys_file
from core.settings import Settings, load_settings
from data.dumps import Refused, clear, empty, load, newer
from data.embedded import EmbeddedPostgres
from deploy.archive import DATABASE, ENCRYPTION_KEYS, FILES, SECRET_KEY, Archive, Manifest, fingerprint, opened
from deploy.ending import ended
from deploy.files import Files, free

_MAY_BE_THERE = {"models", "inbox", "owner.lock", "lost+found"}  # what an image or an administrator puts there before
_LOG_BYTES = 2**30  # of a server that writes much
_SERVER_BYTES = 128 * 2**20  # of one that holds nothing yet


def main() -> int:
    """0 when everything is there; else 1, after one sentence on standard error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path)
    parser.add_argument("--check", action="store_true", help="change nothing")
    asked = parser.parse_args()
    return ended(
        lambda: check(asked.source) if asked.check else restore(load_settings(), asked.source),
        refusal="Nothing usable was restored.",
        broken_off=lambda reason: f"The restore was broken off: {reason}. Mend that and run it again.",
    )


def check(source: Path) -> None:
    """Raises Refused where the archive is not whole."""
    with opened(source) as found:
        found.check()
        _describe(source, found.manifest)


def restore(settings: Settings, source: Path) -> None:
    """Raises Refused and StartupError with nothing touched, and whatever breaks off a restore that has begun."""
    started = time.monotonic()
    with opened(source) as found, _owned(settings.var_dir):
        again = (settings.var_dir / UNFINISHED).exists()
        _check_schema(source, found.manifest)
        _check_place(settings, again)
        _check_keys(settings, found)
        files = Files(settings.blobs_url)
        _check_room(settings, files, found.manifest)
        found.check()
        _describe(source, found.manifest)

        _write(settings.var_dir / UNFINISHED, str(source))
        _put_files(files, found)
        _put_keys(settings, found)
        _put_database(settings, found, again)
        (settings.var_dir / UNFINISHED).unlink()
    print(f"Restored in {time.monotonic() - started:.1f} s. Start the product: it makes its indexes from what is here.")


@contextmanager
def _owned(var_dir: Path) -> Iterator[None]:
    lock = VarLock(var_dir)
    if (owner := lock.claim()) is not None:
        raise Refused(f"Process {owner} uses {var_dir}: stop it, or set NICHEWISE_VAR_DIR to another folder.")
    try:
        yield
    finally:
        lock.release()


# --- before anything is touched -------------------------------------------------------------------------------------


def _check_schema(source: Path, manifest: Manifest) -> None:
    if newer(manifest.schema):
        raise Refused(
            f"{source} was made by a newer version of Nichewise (schema {manifest.schema}). Install that one."
        )


def _check_place(settings: Settings, again: bool) -> None:
    there = sorted(path.name for path in settings.var_dir.iterdir() if path.name not in _MAY_BE_THERE)
    if there and not again:
        raise Refused(f"{settings.var_dir} is not empty ({there[0]}): move it away, or set NICHEWISE_VAR_DIR.")
    if settings.database_url is not None and not empty(settings.database_url.get_secret_value()):
        raise Refused("The database of NICHEWISE_DATABASE_URL is not empty: name a new one.")


def _check_keys(settings: Settings, found: Archive) -> None:
    """Every key that something in the database is sealed with must be there."""
    if settings.encryption_keys is not None:
        joined, where = settings.encryption_keys.get_secret_value(), "NICHEWISE_ENCRYPTION_KEYS"
    elif (kept := found.text(ENCRYPTION_KEYS)) is not None:
        joined, where = kept, "the archive"
    else:
        raise Refused(
            "The archive holds no keys: set NICHEWISE_ENCRYPTION_KEYS to those of the site it was taken from."
        )
    have = {fingerprint(key.strip()) for key in joined.split(",")}
    if set(found.manifest.keys_in_use) - have:
        raise Refused(f"The keys of {where} are not those that the archive is sealed with: set the right ones.")


def _check_room(settings: Settings, files: Files, manifest: Manifest) -> None:
    needed: dict[Path, int] = {}
    if settings.database_url is None:
        size = manifest.database_bytes
        needed[settings.var_dir] = _SERVER_BYTES + size + min(size, _LOG_BYTES)
    if files.folder is not None:
        there = files.sizes()
        missing = sum(one.size for path, one in manifest.files.items() if there.get(path) != one.size)
        folder = settings.var_dir if files.folder.is_relative_to(settings.var_dir) else files.folder
        needed[folder] = needed.get(folder, 0) + missing
    for folder, size in needed.items():
        if (room := free(folder)) < size:
            raise Refused(
                f"The disk of {folder} is too small: {size >> 20} MB are needed and {room >> 20} MB are free."
            )


def _describe(source: Path, manifest: Manifest) -> None:
    size = sum(one.size for one in manifest.members.values())
    print(
        f"  {source} is whole: {len(manifest.files):,} files and the database as of {manifest.made_at}, "
        f"{size / 2**20:.1f} MB, schema {manifest.schema}",
        flush=True,
    )


# --- putting back ---------------------------------------------------------------------------------------------------


def _put_files(files: Files, found: Archive) -> None:
    there = files.sizes()
    for path, member in found.manifest.files.items():
        if there.get(path) != member.size:  # a file never changes: its name is that of its content
            with found.open(FILES + path) as source:
                files.put(path, source)


def _put_keys(settings: Settings, found: Archive) -> None:
    for name, given in ((ENCRYPTION_KEYS, settings.encryption_keys), (SECRET_KEY, settings.secret_key)):
        if given is None and (kept := found.text(name)) is not None:
            _write(keys_file(settings).with_name(name.rpartition("/")[2]), kept)


def _put_database(settings: Settings, found: Archive, again: bool) -> None:
    with found.open(DATABASE) as dump:
        if settings.database_url is not None:
            load(settings.database_url.get_secret_value(), dump)
            return
        server = EmbeddedPostgres(settings.var_dir)
        try:
            url = server.start()
            if again and not empty(url):
                clear(url)
            load(url, dump)
        finally:
            server.stop()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


if __name__ == "__main__":
    sys.exit(main())
