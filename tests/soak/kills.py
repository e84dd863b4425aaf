"""Kills the product's process at chosen moments and looks whether anything was lost, doubled or half-visible.

A moment is a statement of the database: a trigger holds the transaction there, and the process, a child of ours, is
killed by its id. What is not held by a statement (both indexes, files) is killed after a delay.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from core.settings import ROOT

PATIENCE = 120.0  # seconds; only a failing test waits so long
_COUNTED = "SELECT count(*) FROM {} WHERE {}"


@dataclass(frozen=True)
class Moment:
    """Where to kill. `on` is a trigger's event and table, `when` its condition; without `on` the process is killed
    `after` seconds."""

    stage: str  # ingest, reindex, delete, switch
    on: str = ""
    when: str = ""
    after: float = 0.0

    def __str__(self) -> str:
        return f"{self.stage}: {self.on or f'after {self.after} s'} {self.when}".strip()


def stage(name: str) -> str:
    return f"NEW.stage = '{name}'"


INGEST = [
    Moment("ingest", "INSERT ON chunks"),
    Moment("ingest", "INSERT ON chunk_vectors"),
    *(
        Moment("ingest", "UPDATE OF stage ON documents", stage(name))
        for name in ("chunked", "embedded", "indexed", "verified", "ready")
    ),
    Moment("ingest", after=0.3),
]
REINDEX = [
    Moment("reindex", "UPDATE OF status ON job_runs", "NEW.kind = 'reindex' AND NEW.status = 'running'"),
    Moment("reindex", "INSERT ON chunks"),
    Moment("reindex", "INSERT ON chunk_vectors"),
    Moment("reindex", "INSERT ON version_documents"),
    Moment("reindex", "UPDATE OF done ON job_runs", "NEW.kind = 'reindex' AND NEW.done > 0"),
    Moment("reindex", "UPDATE OF report ON collection_versions", "NEW.report <> '{}'"),
    *(Moment("reindex", after=seconds) for seconds in (0.2, 0.6, 1.2)),
]
DELETE = [
    Moment("delete", "DELETE ON chunks"),
    Moment("delete", "DELETE ON chunk_vectors"),
    Moment("delete", "INSERT ON chunk_changes", "NEW.op = 'delete'"),
    Moment("delete", "DELETE ON documents"),
    Moment("delete", "INSERT ON audit", "NEW.action = 'document.delete'"),
    Moment("delete", after=0.02),
    Moment("delete", after=0.1),
]
SWITCH = [
    Moment("switch", "UPDATE OF state ON collection_versions", "NEW.state = 'retired'"),
    Moment("switch", "UPDATE OF state ON collection_versions", "NEW.state = 'active'"),
    Moment("switch", "UPDATE OF active_version_id ON collections"),
    Moment("switch", "UPDATE OF status ON job_runs", "NEW.kind = 'reindex' AND NEW.status = 'done'"),
    Moment("switch", "INSERT ON audit", "NEW.action = 'collection.switch'"),
    Moment("switch", "DELETE ON procrastinate_jobs", "OLD.task_name = 'reindex'"),  # switched, and the job not ended
]
EVERY = [*INGEST, *REINDEX, *DELETE, *SWITCH]


def text_of(n: int) -> str:
    """A document that one can ask for: English with vectors, every third one Russian without."""
    words = " ".join(random.Random(n).sample(_WORDS, 14))
    if n % 3 == 0:
        return f"# Правило {n}\n\nПравило номер {n} о том, как поступать: шифр{n}код. {words}.\n\nВторая часть {n}."
    return f"# Rule {n}\n\nRule number {n} is about code{n}mark and says what to do: {words}.\n\nSecond part of {n}."


def question_of(n: int) -> str:
    """Its own words: words and vectors both bring up this document before any other."""
    return text_of(n).split("\n\n")[1]


_WORDS = tuple(
    f"{one}{two}"
    for one in ("lan", "cop", "vel", "gra", "har", "mea")
    for two in ("tern", "per", "vet", "nite", "bour")
)


@dataclass
class Product:
    """The child process over a database and a folder; `environment`: settings that it gets beside them."""

    url: str
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.soak.child", self.url, str(self.folder)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, **self.environment},
        )  # fmt: skip
        assert self._answer() == "ready"

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe
            pipe.close()
        self.process = None

    def tell(self, do: str, **values: Any) -> None:
        assert self.process
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"do": do, **values}) + "\n")
        self.process.stdin.flush()

    def ask(self, do: str, **values: Any) -> Any:
        self.tell(do, **values)
        return self._answer()

    def _answer(self) -> Any:
        assert self.process
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, f"the process ended with {self.process.wait()}"
        return json.loads(line)


@dataclass
class Soak:
    """The world that must stay whole: documents by number, and what is known of them. `models` are those that versions
    are built with in turn."""

    product: Product
    database: psycopg.Connection[Any]
    models: tuple[str | None, ...] = (None,)
    documents: dict[int, str] = field(default_factory=dict)
    next: int = 0
    killed: list[str] = field(default_factory=list)

    def begin(self, documents: int) -> None:
        self.product.start()
        for _ in range(documents):
            self.upload()
        self.wait(self.idle)
        self.check()

    def upload(self) -> int:
        n, self.next = self.next, self.next + 1
        self.documents[n] = self.product.ask("upload", name=f"{n}.md", text=text_of(n))
        return n

    def survive(self, moment: Moment) -> None:
        """Brings the process to the moment, kills it there, starts it again and looks at everything."""
        before = self._active()
        with self._held(moment) as reached:
            self._provoke(moment)
            if moment.on:
                self.wait(reached)
            else:
                time.sleep(moment.after)
            self.product.kill()
        self.killed.append(str(moment))
        self.product.start()
        self._still_answers(before)
        self.wait(self.idle)
        self.check()

    def _provoke(self, moment: Moment) -> None:
        """Does what leads to the moment, with an upload and a deletion on the side while a version is built."""
        if moment.stage == "ingest":
            n, self.next = self.next, self.next + 1
            self.documents[n] = ""
            self.product.tell("upload", name=f"{n}.md", text=text_of(n))
        elif moment.stage == "delete":
            self.product.tell("delete", document=self.documents[self._oldest_extra()])
        else:
            sizes = (48, 64, 96)
            turn = len(self.killed)
            self.product.ask("reindex", tokens=sizes[turn % len(sizes)], model=self.models[turn % len(self.models)])
            if "INSERT ON chunk" not in moment.on:  # which would hold the upload instead
                self.upload()
            self.product.tell("delete", document=self.documents[self._oldest_extra()])

    def _oldest_extra(self) -> int:
        """The document to delete next: the oldest one with vectors that no search before a switch is compared by."""
        return next(n for n in sorted(self.documents) if n >= BASE and n % 3)

    def _still_answers(self, version: int) -> None:
        """Until the switch every search gives what the old version gives: its own passages, the same ones."""
        for n in range(BASE):
            found = self.product.ask("search", question=question_of(n))
            if found["version"] != version or self._active() != version:
                return
            ids = {row[0] for row in self._rows("SELECT id FROM chunks WHERE document_id = %s", self.documents[n])}
            assert UUID(found["hits"][0][0]) in ids, f"{question_of(n)} is not answered by its passage"
            own = "SELECT v.number FROM chunks c JOIN collection_versions v ON v.id = c.version_id WHERE c.id = %s"
            numbers = {self._rows(own, chunk)[0][0] for chunk, _, _ in found["hits"]}
            assert numbers == {version}, "an answer mixes versions"

    # --- looking ----------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """No document lost, doubled or half-visible, in none of the four stores, in no kept version."""
        self._settle()
        rows = self._rows("SELECT id::text, stage, filename FROM documents ORDER BY filename")
        assert sorted(row[0] for row in rows) == sorted(self.documents.values()), "a document is lost or doubled"
        assert {row[1] for row in rows} <= {"ready"}, rows
        differing = [number for number, differs in self.product.ask("differences").items() if differs]
        assert not differing, f"versions {differing}: the stores differ: {self.product.ask('reconcile')}"
        active = self._rows("SELECT active_version_id FROM collections WHERE name = 'documents'")[0][0]
        lacking = "SELECT filename FROM documents d WHERE NOT EXISTS"
        lacking += " (SELECT FROM chunks c WHERE c.document_id = d.id AND c.version_id = %s)"
        assert not self._rows(lacking, active), "a document has no passage in the active version"
        for n in sorted(self.documents)[:: max(1, len(self.documents) // 6)]:
            hits = self.product.ask("search", question=question_of(n))["hits"]
            assert hits[0][1] == self.documents[n], f"document {n} is not found first"
            assert len({chunk for chunk, _, _ in hits}) == len(hits), "a passage is found twice"
        kept = {path.name for path in (self.product.folder / "blobs").glob("??/*") if len(path.name) == 64}
        assert {row[0] for row in self._rows("SELECT sha256 FROM documents")} <= kept, "a document lost its file"

    def _settle(self) -> None:
        """What a request that was cut off had done by then: an upload or a deletion is whole, or never was."""
        there = {row[1]: row[0] for row in self._rows("SELECT id::text, filename FROM documents")}
        for n in list(self.documents):
            known = there.get(f"{n}.md")
            if known is None:
                gone = "SELECT count(*) FROM chunks WHERE document_id = %s"
                assert not self.documents[n] or self._rows(gone, self.documents[n])[0][0] == 0
                assert n >= BASE, f"document {n} is lost"
                del self.documents[n]
            else:
                self.documents[n] = known

    def idle(self) -> bool:
        """Nothing is on its way."""
        jobs = self._rows(_COUNTED.format("procrastinate_jobs", "status IN ('todo', 'doing')"))[0][0]
        runs = self._rows(_COUNTED.format("job_runs", "kind = 'reindex' AND status IN ('waiting', 'running')"))[0][0]
        failed = self._rows("SELECT error FROM job_runs WHERE status = 'failed'")
        assert not failed, failed
        return not jobs and not runs

    def wait(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"it did not come to pass; killed so far: {self.killed}"
            time.sleep(0.05)

    def _active(self) -> int:
        query = "SELECT number FROM collection_versions WHERE state = 'active' AND collection_id ="
        query += " (SELECT id FROM collections WHERE name = 'documents')"
        return int(self._rows(query)[0][0])

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.database.execute(query, values).fetchall()

    # --- holding ----------------------------------------------------------------------------------------------------

    @contextmanager
    def _held(self, moment: Moment) -> Iterator[Callable[[], bool]]:
        """Holds the transaction that comes to the moment; yields whether one is being held."""
        if not moment.on:
            yield lambda: True
            return
        table = moment.on.split()[-1]
        when = f"WHEN ({moment.when})" if moment.when else ""
        body = "BEGIN PERFORM pg_sleep(600); RETURN NULL; END"
        self._do(f"CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
        self._do(f"CREATE TRIGGER hold AFTER {moment.on} FOR EACH ROW {when} EXECUTE FUNCTION hold()")
        kept = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
        yield lambda: bool(self._rows(kept))
        self._do(f"SELECT pg_terminate_backend(pid, 10000) FROM ({kept}) AS kept")
        self._do(f"DROP TRIGGER hold ON {table}")
        self._do("DROP FUNCTION hold")

    def _do(self, statement: str) -> None:
        self.database.execute(statement)


BASE = 4  # documents that are never deleted: every search before a switch is compared by them


@contextmanager
def soak(
    url: str,
    folder: Path,
    documents: int,
    models: tuple[str | None, ...] = (None,),
    environment: Mapping[str, str] | None = None,
) -> Iterator[Soak]:
    product = Product(url, folder, environment or {})
    with psycopg.connect(url, autocommit=True) as database:
        try:
            one = Soak(product, database, models)
            one.begin(documents)
            yield one
        finally:
            if product.process is not None:
                product.kill()
