"""Changes the key of everything that is encrypted at rest, in two steps, while the product runs.

    python -m deploy.rotate_keys --new   puts a new key before the others; restart every process of the product then
    python -m deploy.rotate_keys         seals everything with the newest key; may be stopped and started again

Once the second one has said that everything is sealed with the newest key, the old ones can be taken away.
"""

from __future__ import annotations

import argparse
import os
import sys

from cryptography.fernet import Fernet

from core.errors import NichewiseError
from core.secrets import cipher, keys_file
from core.settings import Settings, load_settings
from data.database import Database
from data.dumps import Refused
from data.rotation import rotate
from deploy.database import reached


def main() -> int:
    """0 when everything is under the newest key; else 1, after one sentence on standard error."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--new", action="store_true", help="make a new key; nothing is sealed with it yet")
    try:
        settings = load_settings()
        if parser.parse_args().new:
            add_key(settings)
            return 0
        return seal_anew(settings)
    except (NichewiseError, Refused) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def add_key(settings: Settings) -> None:
    key = Fernet.generate_key().decode()
    if settings.encryption_keys is not None:
        _say(f"Set NICHEWISE_ENCRYPTION_KEYS to this key, a comma, and what it is now; then restart:\n{key}")
        return
    cipher(settings)  # the first key is there from now on
    path = keys_file(settings)
    scratch = path.with_suffix(".new")
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(f"{key},{path.read_text().strip()}")
    scratch.replace(path)
    _say(f"A new key is first in {path}. Restart the product, then run this again without --new.")


def seal_anew(settings: Settings) -> int:
    keys = cipher(settings)
    with reached(settings) as url:
        db = Database(url, keys, pool_size=1)
        try:
            tables = {progress.table: progress for progress in rotate(db, keys)}
        finally:
            db.close()
    for progress in tables.values():
        if progress.seen:
            _say(f"  {progress.table}: {progress.renewed} sealed anew, {progress.seen} looked at")
    if lost := sum(progress.lost for progress in tables.values()):
        sys.stderr.write(f"No key opens {lost} values: keep the old keys, and add the one that is missing.\n")
        return 1
    _say("Everything is sealed with the newest key. Older ones can be taken away.")
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
