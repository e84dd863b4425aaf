"""Secrets that development makes once under `var/` and production must set."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet

from core.security import Cipher
from core.settings import Settings


def keep_once(path: Path, make: str) -> str:
    """The content of `path`, written with `make` (mode 600) if it is not there yet; safe when called twice at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(make)
        try:
            os.link(scratch, path)  # fails if another process was first: then its value is the one
        except FileExistsError:
            pass
        finally:
            scratch.unlink()
    return path.read_text().strip()


def secret_key(settings: Settings) -> str:
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value()
    return keep_once(settings.var_dir / "secrets" / "secret_key", secrets.token_urlsafe(48))


def keys_file(settings: Settings) -> Path:
    """Where the keys of encryption at rest lie when the environment names none: comma-separated, newest first."""
    return settings.var_dir / "secrets" / "encryption_keys"


def cipher(settings: Settings) -> Cipher:
    if settings.encryption_keys is not None:
        joined = settings.encryption_keys.get_secret_value()
    else:
        joined = keep_once(keys_file(settings), Fernet.generate_key().decode())
    return Cipher(tuple(key.strip() for key in joined.split(",") if key.strip()))
