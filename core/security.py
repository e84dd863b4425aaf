"""Security primitives: opaque tokens, their hashes, passwords, and encryption at rest."""

from __future__ import annotations

import hashlib
import secrets

import bcrypt
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

BCRYPT_ROUNDS = 12
_MAX_BCRYPT_BYTES = 72


def new_token(prefix: str = "") -> str:
    """An unguessable opaque token, 256 bits, URL-safe."""
    return prefix + secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """SHA-256 of a token: what is stored in its place. A token has 256 random bits, so it needs no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def _password_bytes(password: str) -> bytes:
    # bcrypt reads 72 bytes at most and newer versions refuse more: longer passphrases are hashed first.
    raw = password.encode()
    return raw if len(raw) <= _MAX_BCRYPT_BYTES else hashlib.sha256(raw).hexdigest().encode()


def hash_password(password: str, rounds: int = BCRYPT_ROUNDS) -> str:
    return bcrypt.hashpw(_password_bytes(password), bcrypt.gensalt(rounds)).decode()


def verify_password(password: str, stored: str) -> bool:
    return bcrypt.checkpw(_password_bytes(password), stored.encode())


class Cipher:
    """Encryption at rest with rotation: the first key seals, every key opens."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        fernets = [Fernet(key) for key in keys]
        self._newest, self._fernet = fernets[0], MultiFernet(fernets)

    def seal(self, text: str) -> bytes:
        return self._fernet.encrypt(text.encode())

    def is_newest(self, sealed: bytes) -> bool:
        """Whether the first key opens it."""
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def open(self, sealed: bytes) -> str:
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise ValueError(
                "None of NICHEWISE_ENCRYPTION_KEYS opens this value: a key that was in use is missing."
            ) from error
