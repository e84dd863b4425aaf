"""One-time codes, one for an address at most, and the proofs they are exchanged for: of both the hashes alone."""

from __future__ import annotations

import hmac
from datetime import timedelta

from sqlalchemy import Connection, delete, func, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from data.tables.registration import one_time_codes as codes


class OneTimeCodes:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, email: str, code_hash: bytes, *, lasts: timedelta, pause: timedelta) -> int:
        """Keeps a code in the place of the one before; 0, or the seconds to wait while the last one is younger than
        `pause`. A proof that was given out stays valid."""
        fresh = {"code_hash": code_hash, "tries": 0, "sent_at": func.now(), "expires_at": func.now() + lasts}
        statement = insert(codes).values(email=email, **fresh)
        kept = statement.on_conflict_do_update(
            index_elements=["email"], set_=fresh, where=codes.c.sent_at <= func.now() - pause
        )
        if self._connection.execute(kept.returning(codes.c.email)).one_or_none():
            return 0
        left = select(func.extract("epoch", codes.c.sent_at + pause - func.now())).where(codes.c.email == email)
        return max(1, round(self._connection.execute(left).scalar_one()))

    def use(self, email: str, code_hash: bytes, *, most: int) -> bool:
        """Counts a try BEFORE comparing and burns the code if it is right; of two who use it at once one succeeds,
        because the other waits for the row and finds the code gone."""
        alive = (codes.c.email == email, codes.c.code_hash.is_not(None), codes.c.expires_at > func.now())
        tried = update(codes).where(*alive, codes.c.tries < most).values(tries=codes.c.tries + 1)
        stored = self._connection.execute(tried.returning(codes.c.code_hash)).scalar_one_or_none()
        if stored is None or not hmac.compare_digest(stored, code_hash):
            return False
        self._connection.execute(update(codes).where(codes.c.email == email).values(code_hash=null()))
        return True

    def prove(self, email: str, proof_hash: bytes, *, lasts: timedelta) -> None:
        proof = {"proof_hash": proof_hash, "proof_expires_at": func.now() + lasts}
        self._connection.execute(update(codes).where(codes.c.email == email).values(**proof))

    def redeem(self, proof_hash: bytes) -> str | None:
        """Whose mailbox the proof stood for; it is used up."""
        used = delete(codes).where(codes.c.proof_hash == proof_hash, codes.c.proof_expires_at > func.now())
        return self._connection.execute(used.returning(codes.c.email)).scalar_one_or_none()

    def prune(self) -> int:
        unproven = or_(codes.c.proof_expires_at.is_(None), codes.c.proof_expires_at < func.now())
        return self._connection.execute(delete(codes).where(codes.c.expires_at < func.now(), unproven)).rowcount
