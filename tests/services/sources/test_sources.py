from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from core.entities.corpora import Document
from core.entities.people import Principal
from core.entities.sources import RunStatus, Source, SourceKind, SourceRun
from core.errors import BadInput, Conflict, Forbidden, NotFound, SourceFailed
from services.container import Services
from tests.desk import Desk
from tests.servers.articles import ArticleServer, data, page, serving

KEY = "planted-7f3a9c51e2"


class Office:
    """A desk with a folder that sources may read, and the runs of sources done at once, without a worker."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.services = desk.services
        self.folder = self.services.settings.readable_folders[0] / "papers"
        self.folder.mkdir(parents=True)

    def write(self, **files: str) -> None:
        """Each with a time of its own, as files that are written at different moments have."""
        for name, content in files.items():
            path = self.folder / f"{name}.txt"
            path.write_text(content)
            os.utime(path, ns=(len(content), hash(content) % 10**9))

    def add(self, kind: SourceKind = SourceKind.FOLDER, name: str = "Papers", **config: Any) -> Source:
        config = config or {"path": str(self.folder)}
        return self.services.sources.create(self.desk.admin, "documents", kind, name, config)

    def run(self, source: Source, *, confirmed: bool = False) -> SourceRun:
        run_id = self.services.sources.start(self.desk.admin, source.id, confirmed=confirmed)
        return self.work(run_id)

    def work(self, run_id: UUID) -> SourceRun:
        self.services.source_refresh.run(run_id)
        return self.services.sources.run(self.desk.admin, run_id)

    def index(self) -> None:
        for document in self.documents():
            if not document.stage.ended:
                self.services.ingestion.run(document.id)

    def documents(self) -> list[Document]:
        found, _ = self.services.documents.list(self.desk.admin, collection="documents", limit=200)
        return list(found)

    def titles(self) -> list[str]:
        return sorted(one.title for one in self.documents())

    def finds(self, *words: str) -> list[str]:
        """Those of the words that a search finds in a passage."""
        found = (self.services.search.search(self.desk.admin, "documents", word).passages for word in words)
        return [word for word, seen in zip(words, found, strict=True) if any(word in one.text.lower() for one in seen)]


def counts(run: SourceRun) -> tuple[int, int, int, int, int]:
    return run.added, run.changed, run.removed, run.unchanged, run.failed


@pytest.fixture
def office(services: Services, model: None) -> Office:
    return Office(Desk(services))


@pytest.fixture
def server(office: Office) -> Iterator[ArticleServer]:
    office.services.sources.allow(office.desk.admin, "127.0.0.1")
    with serving() as server:
        yield server


# --- what becomes of records ----------------------------------------------------------------------------------------


def test_a_folder_is_followed_through_additions_changes_and_removals(office: Office) -> None:
    office.write(one="Абрикосы дорожают осенью.", two="Бананы дешевеют весной.", three="Вишня зреет летом.")
    source = office.add()
    first = office.run(source)
    office.index()
    assert (first.status, counts(first)) == (RunStatus.DONE, (3, 0, 0, 0, 0))
    assert office.titles() == ["one", "three", "two"]
    office.write(two="Баклажаны дешевеют весной.", four="Груши падают в августе.")
    (office.folder / "three.txt").unlink()
    second = office.run(source)
    office.index()
    assert counts(second) == (1, 1, 1, 1, 0)
    assert office.titles() == ["four", "one", "two"]
    found = office.finds("абрикосы", "бананы", "баклажаны", "вишня", "груши")
    assert found == ["абрикосы", "баклажаны", "груши"]


def test_nothing_is_read_twice_that_has_not_changed(office: Office) -> None:
    office.write(one="Абрикосы дорожают осенью.")
    source = office.add()
    office.run(source)
    before = office.documents()
    path = office.folder / "one.txt"
    os.utime(path, ns=(1, 1))  # another time, the same bytes
    assert counts(office.run(source)) == (0, 0, 0, 1, 0)
    assert counts(office.run(source)) == (0, 0, 0, 1, 0)
    assert office.documents() == before


def test_when_most_has_vanished_the_run_stops_and_asks(office: Office) -> None:
    office.write(one="Абрикосы.", two="Бананы.", three="Вишня.")
    source = office.add()
    office.run(source)
    for name in ("one", "two"):
        (office.folder / f"{name}.txt").unlink()
    held = office.run(source)
    assert (held.status, held.removed) == (RunStatus.HELD, 0)
    assert "Of 3 records 2 have vanished" in held.error
    assert len(office.documents()) == 3
    confirmed = office.run(source, confirmed=True)
    assert (confirmed.status, confirmed.removed) == (RunStatus.DONE, 2)
    assert office.titles() == ["three"]


def test_a_source_that_cannot_be_read_removes_nothing(office: Office) -> None:
    office.write(one="Абрикосы.")
    source = office.add()
    office.run(source)
    office.folder.rename(office.folder.parent / "moved")
    failed = office.run(source)
    assert (failed.status, counts(failed)) == (RunStatus.FAILED, (0, 0, 0, 0, 0))
    assert "There is no folder" in failed.error
    assert office.titles() == ["one"]


def test_two_records_with_the_same_content_are_one_document_until_the_last_goes(office: Office) -> None:
    office.write(one="Абрикосы.", copy="Абрикосы.", other="Вишня.", more="Груши.")
    source = office.add()
    assert counts(office.run(source)) == (4, 0, 0, 0, 0)
    assert len(office.documents()) == 3
    (office.folder / "one.txt").unlink()
    office.run(source)
    assert len(office.documents()) == 3
    (office.folder / "copy.txt").unlink()
    office.run(source)
    assert len(office.documents()) == 2


def test_what_somebody_uploaded_stays_when_it_vanishes_from_the_source(office: Office) -> None:
    uploaded = office.desk.index(office.desk.sales, "Абрикосы.")
    office.write(one="Абрикосы.", two="Бананы.", three="Вишня.")
    source = office.add()
    office.run(source)
    (office.folder / "one.txt").unlink()
    assert office.run(source).removed == 1
    assert uploaded.id in [one.id for one in office.documents()]


def test_a_document_that_somebody_deleted_stays_deleted_until_it_changes(office: Office) -> None:
    office.write(one="Абрикосы.", two="Бананы.")
    source = office.add()
    office.run(source)
    one = next(each for each in office.documents() if each.title == "one")
    office.services.documents.delete(office.desk.admin, one.id)
    assert counts(office.run(source)) == (0, 0, 0, 2, 0)
    assert office.titles() == ["two"]
    office.write(one="Абрикосы дорожают.")
    assert counts(office.run(source)) == (0, 1, 0, 1, 0)
    assert office.titles() == ["one", "two"]


def test_a_record_that_fails_is_named_with_its_reason_and_keeps_its_document(office: Office) -> None:
    office.write(one="Абрикосы.", two="Бананы.")
    source = office.add()
    office.run(source)
    office.write(one="")
    run = office.run(source)
    assert counts(run) == (0, 0, 0, 1, 1)
    assert run.problems == (("one.txt", "The file is empty."),)
    assert office.titles() == ["one", "two"]


def test_a_changed_document_keeps_its_readers_and_counts_its_versions(office: Office) -> None:
    office.write(one="Абрикосы дорожают.")
    source = office.add()
    office.run(source)
    office.index()
    (before,) = office.documents()
    office.services.access.set_document(office.desk.admin, before.id, [], [office.desk.sales.email])
    office.write(one="Баклажаны дорожают.")
    office.run(source)
    office.index()
    (after,) = office.documents()
    assert after.version == before.version + 1
    readers = office.services.access.of_document(office.desk.admin, after.id)
    assert (readers.roles, readers.emails) == ((), [office.desk.sales.email])


def test_the_old_version_answers_until_the_new_one_does(office: Office) -> None:
    office.write(one="Абрикосы дорожают осенью.")
    source = office.add()
    office.run(source)
    office.index()
    office.write(one="Баклажаны дорожают осенью.")
    office.run(source)
    assert office.finds("абрикосы", "баклажаны") == ["абрикосы"]
    office.index()
    assert office.finds("абрикосы", "баклажаны") == ["баклажаны"]
    office.write(one="Абрикосы дорожают осенью.")  # back to what it was
    office.run(source)
    office.index()
    assert office.finds("абрикосы", "баклажаны") == ["абрикосы"]


# --- runs -----------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """As if the process were gone: nothing catches it."""


@pytest.mark.parametrize("at", [1, 3])
def test_a_run_that_was_killed_goes_on_without_doubles(
    office: Office, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        office.write(**{f"paper{number}": f"Статья номер {number} об абрикосах."})
    source = office.add()
    run_id = office.services.sources.start(office.desk.admin, source.id)
    taken: list[str] = []

    def dying(path: str, flags: int, *more: int) -> int:
        taken.append(path)
        if len(taken) == at:
            raise Killed
        return opened(path, flags, *more)

    opened = os.open
    with monkeypatch.context() as patched:
        patched.setattr("rag.sources.folder.os.open", dying)
        with pytest.raises(Killed):
            office.services.source_refresh.run(run_id)
    run = office.work(run_id)
    assert (run.status, counts(run)) == (RunStatus.DONE, (4, 0, 0, 0, 0))
    assert len(office.documents()) == 4
    assert office.desk.queued("ingest") == 4


def test_a_source_runs_once_at_a_time(office: Office) -> None:
    source = office.add()
    office.services.sources.start(office.desk.admin, source.id)
    with pytest.raises(Conflict):
        office.services.sources.start(office.desk.admin, source.id)


def test_a_cancelled_run_does_nothing_more(office: Office) -> None:
    office.write(one="Абрикосы.")
    source = office.add()
    run_id = office.services.sources.start(office.desk.admin, source.id)
    office.services.sources.cancel(office.desk.admin, run_id)
    assert office.work(run_id).status is RunStatus.CANCELLED
    assert office.documents() == []
    with pytest.raises(Conflict):
        office.services.sources.cancel(office.desk.admin, run_id)


def test_a_run_hears_that_it_was_cancelled_while_it_reads(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.sources.refresh._PULSE_SECONDS", 0.0)
    office.write(one="Абрикосы.", two="Бананы.", three="Вишня.")
    source = office.add()
    run_id = office.services.sources.start(office.desk.admin, source.id)
    opened = os.open

    def cancelling(path: str, flags: int, *more: int) -> int:
        if Path(path).name == "three.txt":
            office.services.sources.cancel(office.desk.admin, run_id)
        return opened(path, flags, *more)

    monkeypatch.setattr("rag.sources.folder.os.open", cancelling)
    run = office.work(run_id)
    assert (run.status, run.added) == (RunStatus.CANCELLED, 1)


def test_a_source_with_an_interval_runs_at_once_and_when_it_is_due(office: Office) -> None:
    sources = office.services.sources
    office.write(one="Абрикосы.")
    made = sources.create(office.desk.admin, "documents", SourceKind.FOLDER, "Papers", {"path": str(office.folder)}, 60)
    (first,) = sources.runs(office.desk.admin, made.id)
    assert sources.start_due() == 0
    office.work(first.id)
    with office.services.db.begin() as tx:
        tx.connection.execute(text("UPDATE sources SET due_at = now() - interval '1 second'"))
    assert sources.start_due() == 1
    assert sources.start_due() == 0
    second, _ = sources.runs(office.desk.admin, made.id)
    assert (second.started_by, office.work(second.id).unchanged) == (None, 1)


def test_a_run_whose_job_was_lost_gets_another(office: Office) -> None:
    source = office.add()
    run_id = office.services.sources.start(office.desk.admin, source.id)
    with office.services.db.begin() as tx:
        tx.connection.execute(text("UPDATE source_runs SET created_at = now() - interval '5 minutes'"))
    office.services.sources.start_due()
    assert office.desk.queued("refresh_source") == 1
    with office.services.db.begin() as tx:
        tx.connection.execute(text("DELETE FROM procrastinate_jobs"))
    office.services.sources.start_due()
    assert office.desk.queued("refresh_source") == 1
    assert office.work(run_id).status is RunStatus.DONE


def test_a_source_that_is_removed_leaves_its_documents_or_takes_them_along(office: Office) -> None:
    office.write(one="Абрикосы.", two="Бананы.")
    source = office.add()
    office.run(source)
    assert office.services.sources.delete(office.desk.admin, source.id, documents=False) is None
    assert len(office.documents()) == 2
    office.write(one="Вишня.", two="Груши.")
    again = office.add()
    office.run(again)
    run_id = office.services.sources.delete(office.desk.admin, again.id, documents=True)
    assert run_id is not None
    office.services.source_refresh.run(run_id)
    assert sorted(one.filename for one in office.documents()) == ["one.txt", "two.txt"]
    assert office.services.sources.list(office.desk.admin, "documents") == []


# --- other kinds ----------------------------------------------------------------------------------------------------


def test_records_of_an_endpoint_become_documents(office: Office, server: ArticleServer) -> None:
    server.routes["/"] = data({"items": [{"id": 1, "title": "Цены", "text": "Абрикосы дорожают."}]})
    source = office.add(SourceKind.REST, url=server.url, records="$.items[*]", headers={"X-Key": KEY})
    assert counts(office.run(source)) == (1, 0, 0, 0, 0)
    assert office.titles() == ["Цены"]
    office.index()
    assert office.finds("абрикосы")


def test_a_page_is_followed(office: Office, server: ArticleServer) -> None:
    server.routes["/"] = page("Абрикосы дорожают осенью.", "Цены", "<script>1</script>")
    source = office.add(SourceKind.WEB, urls=[server.url])
    assert counts(office.run(source)) == (1, 0, 0, 0, 0)
    server.routes["/"] = page("Абрикосы дорожают осенью.", "Цены", "<script>2</script>")
    assert counts(office.run(source)) == (0, 0, 0, 1, 0)


def test_a_page_that_goes_takes_its_document_along_and_one_that_never_was_is_told(
    office: Office, server: ArticleServer
) -> None:
    server.routes |= {f"/{name}": page(f"Абрикосы дорожают осенью, {name}.", name) for name in "abc"}
    source = office.add(SourceKind.WEB, urls=[f"{server.url}/{name}" for name in ("a", "b", "c", "never")])
    first = office.run(source)
    assert counts(first) == (3, 0, 0, 0, 1)
    assert [key for key, _ in first.problems] == [f"{server.url}/never"]
    del server.routes["/c"]
    assert counts(office.run(source)) == (0, 0, 1, 2, 1)
    last = office.run(source)
    assert counts(last) == (0, 0, 0, 2, 2)
    assert [key for key, _ in last.problems] == [f"{server.url}/c", f"{server.url}/never"]
    assert len(office.documents()) == 2


def test_rows_become_documents_and_are_looked_into_only_where_their_time_changed(office: Office) -> None:
    path = office.folder / "articles.db"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE a (id, title, body, changed)")
        made.execute("INSERT INTO a VALUES (1, 'Цены', 'Абрикосы.', 't1'), (2, 'Спрос', 'Бананы.', 't1')")
    columns = {"id_column": "id", "title_column": "title", "text_column": "body", "updated_column": "changed"}
    query = {"url": f"sqlite:///{path}", "query": "SELECT * FROM a"}
    source = office.add(SourceKind.DATABASE, **query, **columns)
    assert counts(office.run(source)) == (2, 0, 0, 0, 0)
    with sqlite3.connect(path) as made:
        made.execute("UPDATE a SET body = 'Вишня.', changed = 't2' WHERE id = 2")
    made.close()
    assert counts(office.run(source)) == (0, 1, 0, 1, 0)
    office.index()
    assert office.titles() == ["Спрос", "Цены"]


def test_the_first_records_show_before_anything_is_stored(office: Office) -> None:
    office.write(**{f"paper{n}": f"Статья {n}" for n in range(9)})
    samples = office.services.sources.preview(office.desk.admin, SourceKind.FOLDER, {"path": str(office.folder)})
    assert [(one.title, one.text) for one in samples] == [(f"paper{n}", f"Статья {n}") for n in range(5)]
    assert office.documents() == []


def test_a_page_shows_its_words_before_it_is_stored(office: Office, server: ArticleServer) -> None:
    server.routes["/"] = page("Абрикосы &amp; вишня.", "Цены", "<script>if (1 < 2) run()</script>")
    (found,) = office.services.sources.preview(office.desk.admin, SourceKind.WEB, {"urls": [server.url]})
    assert (found.title, found.text) == ("Цены", "Абрикосы & вишня.")


# --- credentials, permissions, hosts --------------------------------------------------------------------------------


def test_credentials_are_sealed_and_never_shown(
    office: Office, server: ArticleServer, caplog: pytest.LogCaptureFixture
) -> None:
    source = office.add(SourceKind.REST, url=f"{server.url}/gone?token={KEY}", headers={"X-Key": KEY})
    assert office.run(source).status is RunStatus.FAILED
    shown = office.services.sources.settings(office.desk.admin, source)
    everything = [repr(source), str(shown), caplog.text]
    with office.services.db.begin() as tx:
        for table in ("sources", "source_runs", "source_records", "audit", "procrastinate_jobs"):
            everything += [str(row) for row in tx.connection.execute(text(f"SELECT * FROM {table}"))]
    assert KEY not in "\n".join(everything)
    assert shown["headers"] == {"X-Key": "•••"}


def test_credentials_stay_with_a_change_and_go_to_nobody_else(office: Office, server: ArticleServer) -> None:
    server.routes["/v1"] = server.routes["/v2"] = data([])
    source = office.add(SourceKind.REST, url=f"{server.url}/v1", headers={"X-Key": KEY})
    sources, admin = office.services.sources, office.desk.admin
    shown = dict(sources.settings(admin, source))
    changed = sources.update(admin, source.id, {"config": {**shown, "url": f"{server.url}/v2"}})
    office.run(changed)
    assert server.asked[-1][2]["x-key"] == KEY
    moved = sources.update(admin, source.id, {"config": {**shown, "url": "https://elsewhere.example"}})
    assert KEY not in str(moved.config)


def test_a_change_of_the_settings_looks_into_every_record_again(office: Office) -> None:
    office.write(one="Абрикосы.", two="Бананы.")
    source = office.add()
    office.run(source)
    config = {"path": str(office.folder), "pattern": "*.txt"}
    office.services.sources.update(office.desk.admin, source.id, {"config": config, "name": "Articles"})
    assert counts(office.run(source)) == (0, 0, 0, 2, 0)


def test_only_administrators_change_sources(office: Office) -> None:
    source, sources = office.add(), office.services.sources
    folder = {"path": str(office.folder)}
    forbidden: tuple[Callable[[Principal], object], ...] = (
        lambda who: sources.create(who, "documents", SourceKind.FOLDER, "x", folder),
        lambda who: sources.update(who, source.id, {}),
        lambda who: sources.delete(who, source.id, documents=False),
        lambda who: sources.start(who, source.id),
        lambda who: sources.preview(who, SourceKind.FOLDER, folder),
        lambda who: sources.settings(who, source),
        sources.hosts,
        lambda who: sources.allow(who, "x.example"),
        lambda who: sources.forbid(who, "x.example"),
    )
    for principal in (office.desk.guest, office.desk.sales, office.desk.analyst):
        for act in forbidden:
            with pytest.raises(Forbidden):
                act(principal)


def test_a_source_of_a_collection_that_one_may_not_read_does_not_exist(office: Office) -> None:
    source = office.add()
    assert office.services.sources.get(office.desk.analyst, source.id).name == "Papers"
    office.services.access.set_collection(office.desk.admin, "documents", [])
    for missing in (
        lambda: office.services.sources.get(office.desk.analyst, source.id),
        lambda: office.services.sources.runs(office.desk.analyst, source.id),
        lambda: office.services.sources.list(office.desk.analyst, "documents"),
        lambda: office.services.sources.get(office.desk.admin, uuid4()),
    ):
        with pytest.raises(NotFound):
            missing()


def test_a_host_is_reached_from_the_moment_it_is_allowed_to_that_it_is_not(office: Office) -> None:
    sources, admin = office.services.sources, office.desk.admin
    with serving() as server:
        server.routes["/"] = data([{"id": 1, "text": "x"}])
        config = {"url": server.url}
        with pytest.raises(SourceFailed, match="not in the list"):
            sources.preview(admin, SourceKind.REST, config)
        sources.allow(admin, "127.0.0.1")
        assert len(sources.preview(admin, SourceKind.REST, config)) == 1
        sources.forbid(admin, "127.0.0.1")
        with pytest.raises(SourceFailed, match="not in the list"):
            sources.preview(admin, SourceKind.REST, config)


def test_what_cannot_be_a_source_is_refused(office: Office) -> None:
    good = {"path": str(office.folder)}
    bad: tuple[tuple[str, int | None, dict[str, Any]], ...] = (
        ("", None, good),
        ("x" * 101, None, good),
        ("x", 0, good),
        ("x", 10**7, good),
        ("x", None, {}),
        ("x", None, {"a": 1}),
    )
    for name, interval, config in bad:
        with pytest.raises(BadInput):
            office.services.sources.create(office.desk.admin, "documents", SourceKind.FOLDER, name, config, interval)


def test_a_name_is_given_once_in_a_collection(office: Office) -> None:
    office.add()
    with pytest.raises(Conflict):
        office.add()
