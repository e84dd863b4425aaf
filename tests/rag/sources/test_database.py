from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from core.entities.sources import Broken, Host, Record
from core.errors import BadInput, NichewiseError, SourceFailed
from data import foreign
from rag.sources import Limits, Reach, Surroundings, checked
from rag.sources.database import DatabaseConfig, read
from tests.servers.tcp import reachable

QUERY = "SELECT id, title, body, changed FROM articles ORDER BY id"
COLUMNS = {"id_column": "id", "title_column": "title", "text_column": "body", "updated_column": "changed"}
MADE = "CREATE TABLE articles (id int, title text, body text, changed text)"
FILLED = (
    "INSERT INTO articles VALUES"
    " (1, 'One', 'First; text', 'a'), (2, 'Two', 'Second 100%', 'b'), (3, 'Three', NULL, 'c')"
)


@pytest.fixture
def sqlite_file(around: Surroundings) -> Path:
    path = around.roots[0] / "articles.db"
    with sqlite3.connect(path) as made:
        made.execute(MADE)
        made.execute(FILLED)
    made.close()
    return path


@pytest.fixture
def postgres(postgres_url: str, around: Surroundings) -> Iterator[tuple[str, Surroundings]]:
    """A table in a real server, and surroundings in which that may be reached."""
    with reachable(postgres_url) as url, psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(MADE)
        server.execute(FILLED)
        yield url, replace(around, reach=Reach([Host("127.0.0.1"), Host("localhost")]))
        server.execute("DROP TABLE articles")


def records(around: Surroundings, url: str, query: str = QUERY, **values: Any) -> list[Record | Broken]:
    config = checked(DatabaseConfig, {"url": url, "query": query, **COLUMNS, **values})
    return list(read(config, around))


def _three(found: list[Record | Broken]) -> None:
    first, second, third = found
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert (first.key, first.filename, first.stamp) == ("1", "One.txt", "a")
    with second.open() as stream:
        assert stream.read().decode() == "Two\n\nSecond 100%"
    assert third == Broken("3", "The record has no text.")


# --- SQLite ---------------------------------------------------------------------------------------------------------


def test_rows_of_a_file_are_records(sqlite_file: Path, around: Surroundings) -> None:
    _three(records(around, f"sqlite:///{sqlite_file}"))


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///articles.db",
        "sqlite://",
        "sqlite:////etc/passwd",
        "sqlite:///{root}/../x.db",
        "sqlite:///{root}/no.db",
    ],
)
def test_a_file_elsewhere_is_refused(url: str, around: Surroundings) -> None:
    with pytest.raises((BadInput, SourceFailed)):
        records(around, url.format(root=around.roots[0]))


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM articles", "INSERT INTO articles VALUES (9, '', '', '')", "ATTACH DATABASE 'x.db' AS x",
     "PRAGMA journal_mode = delete", "SELECT load_extension('x')", "CREATE TABLE x (a)"],
)  # fmt: skip
def test_sqlite_itself_refuses_what_writes(
    sqlite_file: Path, around: Surroundings, statement: str, unchecked: None
) -> None:
    url = f"sqlite:///{sqlite_file}"
    query = foreign.Query(url, "", statement, around.reach.addresses, around.below_roots, 5)
    before = sqlite_file.read_bytes()
    with pytest.raises(SourceFailed):
        list(foreign.rows(query))
    assert sqlite_file.read_bytes() == before


ENDLESS = "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT count(*) AS id FROM n"


def test_a_query_without_end_is_stopped(sqlite_file: Path, around: Surroundings) -> None:
    hurried = replace(around, limits=Limits(seconds=0.3))
    with pytest.raises(SourceFailed, match="took longer than the limit"):
        records(hurried, f"sqlite:///{sqlite_file}", ENDLESS)


def test_a_column_that_the_query_lacks_is_named(sqlite_file: Path, around: Surroundings) -> None:
    with pytest.raises(SourceFailed, match=r"no column body\. It has: id, title"):
        records(around, f"sqlite:///{sqlite_file}", "SELECT id, title FROM articles", updated_column="")


def test_what_the_database_says_is_passed_on_in_one_line(sqlite_file: Path, around: Surroundings) -> None:
    with pytest.raises(SourceFailed, match="The database answered: no such table: missing"):
        records(around, f"sqlite:///{sqlite_file}", "SELECT * FROM missing")


# --- PostgreSQL -----------------------------------------------------------------------------------------------------


def test_rows_of_a_server_are_records(postgres: tuple[str, Surroundings]) -> None:
    url, around = postgres
    _three(records(around, url))


def test_a_server_that_is_not_allowed_is_not_reached(postgres: tuple[str, Surroundings]) -> None:
    url, around = postgres
    with pytest.raises(SourceFailed, match="not in the list"):
        records(replace(around, reach=Reach([])), url)


def test_the_connection_goes_to_the_address_that_was_checked(postgres: tuple[str, Surroundings]) -> None:
    """The name means nothing to the system: only the address that was checked can have been used."""
    url, around = postgres
    named = make_url(url).set(host="db.example").render_as_string(hide_password=False)
    reach = Reach([Host("db.example"), Host("127.0.0.1")], lambda *_: ["127.0.0.1"])
    _three(records(replace(around, reach=reach), named))


WRITING = [
    "DELETE FROM articles",
    "UPDATE articles SET title = 'x'",
    "WITH gone AS (DELETE FROM articles RETURNING *) SELECT * FROM gone",
    "SELECT * INTO copied FROM articles",
    "DROP TABLE articles",
    "SELECT 1; DROP TABLE articles",
    "SELECT 1; COMMIT; DROP TABLE articles",
    "SELECT E'\\'' ; COMMIT; SET default_transaction_read_only = off; DROP TABLE articles; SELECT ''",
    "SELECT a$b$ FROM (SELECT 1 AS a$b$) AS x; COMMIT; DROP TABLE articles; SELECT $b$",
    "SELECT set_config('transaction_read_only', 'off', false)",
    "SELECT nextval('articles_seq')",
]


@pytest.mark.parametrize("statement", WRITING)
def test_postgresql_itself_refuses_what_writes(
    postgres: tuple[str, Surroundings], statement: str, unchecked: None
) -> None:
    url, around = postgres
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("CREATE SEQUENCE IF NOT EXISTS articles_seq")
        bare, password = foreign.split_url(url)
        query = foreign.Query(bare, password, statement, around.reach.addresses, around.below_roots, 5)
        with pytest.raises(SourceFailed):
            list(foreign.rows(query))
        assert server.execute("SELECT count(*) FROM articles").fetchone() == (3,)
        server.execute("DROP SEQUENCE articles_seq")


def test_a_slow_query_is_stopped_by_the_server(postgres: tuple[str, Surroundings]) -> None:
    url, around = postgres
    with pytest.raises(SourceFailed, match="took longer than the limit"):
        records(replace(around, limits=Limits(seconds=0.3)), url, "SELECT pg_sleep(20), '1' AS id")


def test_a_wrong_password_is_not_repeated(postgres: tuple[str, Surroundings]) -> None:
    url, around = postgres
    wrong = make_url(url).set(password="planted-7f3a").render_as_string(hide_password=False)
    with pytest.raises(SourceFailed) as failed:
        records(around, wrong)
    assert "planted" not in failed.value.message + repr(failed.value)


# --- what can be registered -----------------------------------------------------------------------------------------


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the check of the statement, so that the database's own refusal is what is tested."""
    monkeypatch.setattr(foreign, "_FORBIDDEN", re.compile("(?!)"))
    monkeypatch.setattr(foreign, "check_statement", lambda statement: statement)


@pytest.mark.parametrize(
    "statement", [*WRITING[:-1], "", "EXPLAIN SELECT 1", "-- SELECT\nDROP TABLE x", "SELECT pg_read_file('x')"]
)
def test_a_statement_that_may_do_more_than_read_is_refused(statement: str) -> None:
    with pytest.raises(BadInput):
        foreign.check_statement(statement)


@pytest.mark.parametrize(
    "statement",
    [
        QUERY,
        QUERY + " ; ",
        "/* update */ SELECT 'delete; from' AS a, \"update\", replace(b, 'x', 'y'), updated_at FROM t -- drop",
        "WITH a AS (SELECT 1) SELECT * FROM a WHERE b = $x$ ; drop $x$",
    ],
)
def test_a_statement_that_reads_is_taken(statement: str) -> None:
    assert foreign.check_statement(statement)


@pytest.mark.parametrize(
    "url",
    ["nonsense", "", "mysql://u@h/d", "postgresql://u@h/d?host=/tmp", "postgresql://u@h/d?passfile=/etc/passwd",
     "postgresql://u@h/d?options=-csearch_path%3Dx", "sqlite:////x?mode=rw"],
)  # fmt: skip
def test_an_address_that_could_lead_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(NichewiseError):
        checked(DatabaseConfig, {"url": url, "query": QUERY, **COLUMNS})


def test_the_password_of_an_address_is_kept_apart() -> None:
    url = "postgresql://reader:planted-7f3a@db.example/articles?sslmode=require"
    config = checked(DatabaseConfig, {"url": url, "query": QUERY, **COLUMNS})
    assert config.url == "postgresql://reader@db.example/articles?sslmode=require"
    assert "planted" not in str(config.shown()) + repr(config) + config.url
    assert config.revealed()["password"] == "planted-7f3a"
