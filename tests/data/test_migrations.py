"""The migrations make exactly the schema that `data.tables` describes."""

from __future__ import annotations

import subprocess
import sys

import psycopg
from alembic import command
from psycopg import sql
from sqlalchemy import make_url

from core.settings import ROOT
from data.migrate import configuration


def test_the_migrated_schema_is_the_described_one(database_url: str) -> None:
    command.check(configuration(database_url))


def test_processes_that_migrate_at_once_do_not_disturb_each_other(postgres_url: str) -> None:
    name = "migrated_at_once"
    url = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            code = "import sys; from data.migrate import upgrade; upgrade(sys.argv[1])"
            migrations = [subprocess.Popen([sys.executable, "-c", code, url], cwd=ROOT) for _ in range(2)]
            assert [migration.wait(60) for migration in migrations] == [0, 0]
            command.check(configuration(url))
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
