"""Units of work: to change something, and only to read."""

from __future__ import annotations

import pytest
from sqlalchemy import Executable, func, literal, select, text
from sqlalchemy.exc import InvalidRequestError

from core.entities.people import UserStatus
from core.roles import Role
from data.tables.people import users
from services.container import Services


def test_what_only_reads_sees_what_is_committed_and_holds_no_transaction(services: Services) -> None:
    count = select(func.count()).select_from(users)
    state = text("SELECT state FROM pg_stat_activity WHERE pid = :pid")
    with services.db.read() as tx, services.db.begin() as other:
        before = tx.connection.execute(count).scalar_one()
        reader = tx.connection.execute(select(func.pg_backend_pid())).scalar_one()
        assert other.connection.execute(state, {"pid": reader}).scalar_one() == "idle"  # not: idle in transaction
        other.users.create("new@example.com", "New", Role.SALES, UserStatus.ACTIVE, "x")
        assert tx.connection.execute(count).scalar_one() == before
        other.connection.commit()
        assert tx.connection.execute(count).scalar_one() == before + 1


@pytest.mark.parametrize(
    "statement",
    [
        users.delete(),
        select(users.c.id).with_for_update(),
        text("DELETE FROM users"),
        text("WITH gone AS (DELETE FROM users RETURNING id) SELECT id FROM gone"),
    ],
    ids=["delete", "lock", "text", "within"],
)
def test_what_only_reads_can_change_nothing(services: Services, statement: Executable) -> None:
    with services.db.read() as tx, pytest.raises(InvalidRequestError):
        tx.connection.execute(statement)


def test_a_connection_that_read_begins_transactions_again(services: Services) -> None:
    with services.db.read() as tx:
        tx.connection.execute(select(literal(1)))
    with services.db.begin() as tx:
        tx.users.create("gone@example.com", "Gone", Role.SALES, UserStatus.ACTIVE, "x")
        tx.connection.rollback()
    with services.db.read() as tx:
        assert not tx.connection.execute(select(users.c.id).where(users.c.email == "gone@example.com")).all()
