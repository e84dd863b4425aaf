"""One tantivy index on disk: its schema, its writer, and the change it has reached."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.entities.corpora import ChunkChange
from rag.lexical.analysis import STEMMERS, analyzer, fold

# Raise it when the fields or their analysis change: folders of another layout are built again.
LAYOUT = 1
_MARK = "mark"  # id of the one document that is not a passage; it is replaced in every commit
_HEAP_BYTES = 32_000_000  # one thread: more segments and threads cost more than they gain at our batch sizes


class Damaged(Exception):
    """The folder of an index is missing, broken or of another layout, and must be built again."""


@contextmanager
def _damage_is_named(path: Path) -> Iterator[None]:
    # tantivy raises ValueError for everything, OSError and SystemError included in the text.
    try:
        yield
    except (ValueError, OSError) as error:
        raise Damaged(f"{path.name}: {error}") from error


def _schema() -> Any:
    from tantivy import SchemaBuilder  # imported here: start-up must not wait for it

    builder = SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("language", tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("seq", stored=True)
    builder.add_integer_field("layout", stored=True)
    builder.add_text_field("plain", tokenizer_name="plain", index_option="freq")
    for language in STEMMERS:
        builder.add_text_field(f"text_{language}", tokenizer_name=language, index_option="freq")
        builder.add_text_field(f"head_{language}", tokenizer_name=language, index_option="freq")
    return builder.build()


def _fields(change: ChunkChange) -> dict[str, Any]:
    text, head = fold(change.text), fold(f"{change.title}\n{change.heading}")
    fields: dict[str, Any] = {"id": change.chunk_id.hex, "language": change.language, "plain": [head, text]}
    if change.language in STEMMERS:
        fields |= {f"text_{change.language}": text, f"head_{change.language}": head}
    return fields


class Folder:
    """An open index. Reads may run beside one writer; writers take turns."""

    def __init__(self, path: Path) -> None:
        """Opens the index at `path`, or makes an empty one; raises `Damaged` if what is there cannot be used."""
        from tantivy import Index

        self.path = path
        self.schema = _schema()
        self._writing = threading.Lock()
        fresh = not path.exists()
        path.mkdir(parents=True, exist_ok=True)
        analyzers = {"plain": analyzer("")} | {language: analyzer(language) for language in STEMMERS}
        with _damage_is_named(path):
            self._index = Index(self.schema, str(path))
            self._index.config_reader("manual")  # the default one polls the folder in a thread of its own
            for name, made in analyzers.items():
                self._index.register_tokenizer(name, made)
            if fresh:
                self.write((), 0)
            self._reload()

    def write(self, changes: Sequence[ChunkChange], seq: int) -> None:
        """Applies `changes` and notes `seq` in one commit: after a crash both are there or neither."""
        from tantivy import Document

        with self._writing, _damage_is_named(self.path):
            writer = self._index.writer(_HEAP_BYTES, 1)
            last = {change.chunk_id: change for change in changes}
            for change in last.values():
                writer.delete_documents_by_term("id", change.chunk_id.hex)
                if change.op == "put":
                    writer.add_document(Document(**_fields(change)))
            writer.delete_documents_by_term("id", _MARK)
            writer.add_document(Document(id=_MARK, seq=seq, layout=LAYOUT))
            writer.commit()
            writer.wait_merging_threads()
            self._reload()

    def _reload(self) -> None:
        self._index.reload()
        searcher = self._index.searcher()
        found = searcher.search(self.mark(), 1, count=False).hits
        mark = searcher.doc(found[0][1]).to_dict() if found else {}
        if mark.get("layout") != [LAYOUT]:
            raise Damaged(f"{self.path.name}: layout {mark.get('layout')} is not {LAYOUT}")
        counted = searcher.terms_with_prefix("language", "")
        self.languages = tuple(name for name, _ in sorted(counted, key=lambda pair: -pair[1]))
        # One assignment: a reader sees the searcher and the change it has reached together.
        self.state: tuple[Any, int] = searcher, mark["seq"][0]

    def mark(self) -> Any:
        """The query that finds the document which is not a passage."""
        from tantivy import Query

        return Query.term_query(self.schema, "id", _MARK, "basic")

    def frequency(self, field: str, term: str) -> int:
        """How many passages hold `term` in `field`; deleted ones count until their segment is merged."""
        with _damage_is_named(self.path):
            return int(self.state[0].doc_freq(field, term))

    def words(self, prefix: str) -> list[tuple[str, int]]:
        """Words, as they are written but for case and accents, that begin with `prefix`, and how many passages hold
        each."""
        with _damage_is_named(self.path):
            found: list[tuple[str, int]] = self.state[0].terms_with_prefix("plain", prefix)
            return found

    def search(self, query: Any, k: int) -> list[tuple[str, float]]:
        """Ids and BM25 scores, best first."""
        if k < 1:
            return []
        with _damage_is_named(self.path):
            searcher, _ = self.state
            hits = searcher.search(query, k, count=False).hits
            return [(searcher.doc(address)["id"][0], score) for score, address in hits]

    def count(self) -> int:
        return int(self.state[0].num_docs) - 1

    def remove(self) -> None:
        with self._writing:
            shutil.rmtree(self.path, ignore_errors=True)
