"""The demo corpora: articles of `data/corpora/` as documents of the shared collections, marked as demo data."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from core.entities.corpora import Document
from data.database import Database
from data.stores.documents import NewDocument
from services.files.blobs import Blobs
from services.files.ingestion import Ingestion
from services.files.removal import Removal

_ARTICLE = re.compile(r"^---\n(?:#[^\n]*\n)*(?=article_id:)", re.MULTILINE)
_ID = re.compile(r'^article_id: *"?([\w-]+)', re.MULTILINE)
_THREADS = 48  # they wait for the model together
_ROWS = 200
_PROGRESS_SECONDS = 0.5

Item = TypeVar("Item")
Article = tuple[str, bytes]


class Corpora:
    """`folder` holds one folder per collection with a Markdown file per language, many articles in each."""

    def __init__(self, db: Database, blobs: Blobs, ingestion: Ingestion, removal: Removal, folder: Path) -> None:
        self._db = db
        self._blobs = blobs
        self._ingestion = ingestion
        self._removal = removal
        self._folder = folder

    def ensure_demo(self) -> UUID | None:
        """Puts the loading of the demo corpora into the queue if they are not as the files say; the job run's id."""
        content = self._content()
        with self._db.begin() as tx:
            last = tx.jobs.latest("load_demo")
            if last is not None and last.status == "done" and last.result.get("content") == content:
                return None
            if tx.jobs.waiting("load_demo"):
                return last.id if last else None
            run = tx.jobs.start("load_demo", result={"content": content})
            tx.jobs.defer("load_demo", queue="system", run_id=run)
        return run

    def load(self, run_id: UUID) -> None:
        """Makes the demo documents those of the files: adds the new, replaces the changed, removes what is gone."""
        files = sorted(self._folder.glob("*/*.md"))
        wanted = {name: dict(articles(paths)) for name, paths in _by_collection(files).items()}
        with self._db.begin() as tx:
            tx.jobs.update(run_id, status="running", total=sum(map(len, wanted.values())))
        outdated: list[Document] = []
        pending: list[UUID] = []
        for collection, contents in sorted(wanted.items(), key=lambda one: len(one[1])):  # help can be asked for first
            old, new = self._add(collection, contents)
            outdated += old
            pending += new
        self._ingest(run_id, pending, sum(map(len, wanted.values())) - len(pending))
        for document in outdated:
            self._removal.remove(document, "system")
        with self._db.begin() as tx:
            tx.jobs.update(run_id, status="done", result={"content": self._content(), "removed": len(outdated)})

    def _content(self) -> str:
        digest = hashlib.sha256()
        for path in sorted(self._folder.glob("*/*.md")):
            digest.update(path.as_posix().encode() + path.read_bytes())
        return digest.hexdigest()

    def _add(self, name: str, contents: dict[str, bytes]) -> tuple[list[Document], list[UUID]]:
        """(documents that are outdated, ids of those that are to be indexed)."""
        with self._db.begin() as tx:
            collection = tx.collections.named(name)
            if collection is None:
                return [], []
            have = {document.filename: document for document in tx.documents.of_collection(collection.id, demo=True)}
            for part in _pieces(contents.items(), _ROWS):
                tx.documents.add_many([self._new(collection.id, filename, text, have) for filename, text in part])
            hashes = {filename: hashlib.sha256(text).hexdigest() for filename, text in contents.items()}
            now = tx.documents.of_collection(collection.id, demo=True)
        outdated = [document for document in now if hashes.get(document.filename) != document.sha256]
        gone = {document.id for document in outdated}
        return outdated, [one.id for one in now if one.id not in gone and not one.stage.ended]

    def _new(self, collection_id: UUID, filename: str, text: bytes, have: dict[str, Document]) -> NewDocument:
        before = have.get(filename)
        return NewDocument(
            collection_id=collection_id,
            filename=filename,
            media_type="text/markdown",
            sha256=self._blobs.put(text),
            size=len(text),
            title=filename,
            version=before.version + 1 if before else 1,
            demo=True,
        )

    def _ingest(self, run_id: UUID, ids: Sequence[UUID], done: int) -> None:
        reported = 0.0
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="corpora") as threads:
            running = [threads.submit(self._ingestion.run, key) for key in ids]
            try:
                for count, future in enumerate(as_completed(running), start=1):
                    future.result()
                    if time.monotonic() - reported > _PROGRESS_SECONDS or count == len(running):
                        reported = time.monotonic()
                        with self._db.begin() as tx:
                            tx.jobs.update(run_id, done=done + count)
            finally:
                threads.shutdown(cancel_futures=True)


def articles(paths: Iterable[Path]) -> Iterator[Article]:
    """(file name, content) of each article of corpus files, which are named by their language."""
    for path in paths:
        text = path.read_text(encoding="utf-8").replace("\r\n", "\n")
        starts = [match.start() for match in _ARTICLE.finditer(text)]
        for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
            article = _ARTICLE.sub("---\n", text[start:end].strip()) + "\n"
            found = _ID.search(article)
            if found:
                yield f"{found[1]}.{path.stem}.md", article.encode()


def _by_collection(files: Iterable[Path]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in files:
        found.setdefault(path.parent.name, []).append(path)
    return found


def _pieces(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece
