"""Wrong tries to sign in, counted by e-mail whether or not somebody has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, and_, case, delete, func, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from data.tables.people import sign_in_failures as failures


@dataclass(frozen=True, slots=True)
class Tries:
    """How many tries are counted, this one included, and the seconds a lock still lasts (0: not locked)."""

    count: int
    locked_for: int


class SignInFailures:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count_try(self, email: str, *, most: int, lock: timedelta) -> Tries:
        """Counts a try BEFORE its password is checked, so that parallel tries cannot exceed `most`.

        Tries are forgotten after `lock` without one; a try beyond `most` locks.
        """
        locked = failures.c.locked_until > func.now()
        lock_ended = func.coalesce(failures.c.locked_until <= func.now(), False)
        over = or_(lock_ended, failures.c.last_at < func.now() - lock)
        too_many = and_(~over, failures.c.failures >= most)
        statement = (
            insert(failures)
            .values(email=email, failures=1)
            .on_conflict_do_update(
                index_elements=["email"],
                set_={
                    "failures": case((locked, failures.c.failures), (over, 1), else_=failures.c.failures + 1),
                    "locked_until": case(
                        (locked, failures.c.locked_until),
                        (too_many, func.now() + lock),
                        else_=null(),
                    ),
                    "last_at": case((locked, failures.c.last_at), else_=func.now()),
                },
            )
            .returning(failures.c.failures, func.extract("epoch", failures.c.locked_until - func.now()).label("left"))
        )
        row = self._connection.execute(statement).one()
        return Tries(row.failures, max(0, round(row.left or 0)))

    def lock(self, email: str, *, most: int, lock: timedelta) -> bool:
        """Locks the e-mail if `most` tries are counted."""
        reached = and_(failures.c.email == email, failures.c.failures >= most)
        locked = update(failures).where(reached).values(locked_until=func.now() + lock)
        return self._connection.execute(locked).rowcount == 1

    def locked(self, email: str) -> bool:
        query = select(failures.c.locked_until > func.now()).where(failures.c.email == email)
        return bool(self._connection.execute(query).scalar_one_or_none())

    def clear(self, email: str) -> None:
        self._connection.execute(delete(failures).where(failures.c.email == email))

    def prune(self, *, older: timedelta) -> int:
        """Deletes counts whose last try was `older` ago and whose lock is over."""
        unlocked = or_(failures.c.locked_until.is_(None), failures.c.locked_until < func.now())
        old = failures.c.last_at < func.now() - older
        return self._connection.execute(delete(failures).where(unlocked, old)).rowcount
