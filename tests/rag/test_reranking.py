"""A cross-encoder from a folder: a tiny real ONNX model that counts the word "gold" in what it reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.entities.evaluation import RetrievalSettings
from core.errors import Unavailable
from core.settings import Settings
from data.database import Database
from rag.legs import Query
from rag.lexical import Lexical
from rag.questions import Questions
from rag.readable import Readable
from rag.reranking import Reranker
from rag.retrieval import Retriever
from rag.vectors import Vectors
from services.files.indexing import Indexing
from tests.shelves import SALES, Shelves

_VOCABULARY = {"[PAD]": 0, "[UNK]": 1, "[SEP]": 2, "gold": 3}


def tiny_cross_encoder(folder: Path) -> Path:
    """Its logit is the number of times that "gold" stands in question and passage."""
    from onnx import TensorProto, helper, numpy_helper, save
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    tokenizer = Tokenizer(models.WordLevel(_VOCABULARY, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A [SEP]", pair="$A [SEP] $B:1 [SEP]:1", special_tokens=[("[SEP]", 2)]
    )
    folder.mkdir(parents=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {"model_max_length": 512, "pad_token": "[PAD]"}
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    ids = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 1])
    nodes = [
        helper.make_node("Equal", ["input_ids", "wanted"], ["is_gold"]),
        helper.make_node("Cast", ["is_gold"], ["ones"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["ones", "axes"], ["logits"], keepdims=1),
    ]
    constants = [
        numpy_helper.from_array(np.array(_VOCABULARY["gold"], dtype=np.int64), "wanted"),
        numpy_helper.from_array(np.array([1], dtype=np.int64), "axes"),
    ]
    graph = helper.make_graph(nodes, "counter", [ids], [logits], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    save(model, str(folder / "model.onnx"))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_cross_encoder(tmp_path_factory.mktemp("models") / "counter")


@pytest.fixture
def with_model(settings: Settings, folder: Path) -> Settings:
    return settings.model_copy(update={"reranker": folder})


class Desk:
    def __init__(self, db: Database, settings: Settings) -> None:
        self.vectors, lexical = Vectors(settings), Lexical(settings.var_dir / "lexical")
        self.db, self.shelves = db, Shelves(db, self.vectors)
        self.indexing = Indexing(db, self.vectors, lexical)
        self.retriever = Retriever(self.vectors, lexical, Questions(settings), Reranker(settings))
        self.shelf = self.shelves.collection()

    def ask(self, question: str, settings: RetrievalSettings, k: int = 3) -> tuple[list[str], bool]:
        self.indexing.catch_up(self.shelf.version)
        query = Query(question, k, Readable(self.db, self.shelf.version, SALES))
        found = self.retriever.retrieve(query, settings)
        return [passage.text for passage in found.passages], found.reranked


@pytest.fixture
def desk(db: Database, with_model: Settings) -> Iterator[Desk]:
    made = Desk(db, with_model)
    made.shelves.add(made.shelf, ["price price price", "price of silver and gold", "price of gold, gold and more gold"])
    yield made
    made.vectors.close()


def test_it_scores_question_and_passage_together(with_model: Settings) -> None:
    reranker = Reranker(with_model)
    assert reranker.problem == ""
    assert reranker.scores("gold ?", ["silver", "gold and gold"]) == [1.0, 3.0]
    assert Reranker(with_model).scores("gold ?", ["gold"]) == [2.0]  # opened twice


def test_passages_come_in_its_order_where_it_is_switched_on(desk: Desk) -> None:
    fused, reranked = desk.ask("price", RetrievalSettings())
    assert (fused[0], reranked) == ("price price price", False)
    ordered, reranked = desk.ask("price", RetrievalSettings(rerank=True))
    assert ordered == ["price of gold, gold and more gold", "price of silver and gold", "price price price"]
    assert reranked


def test_it_finds_what_the_fusion_had_put_below_the_list(desk: Desk) -> None:
    assert desk.ask("price", RetrievalSettings(rerank=True), k=1)[0] == ["price of gold, gold and more gold"]


def test_without_a_model_the_fusion_decides_and_what_is_missing_is_said(db: Database, settings: Settings) -> None:
    desk = Desk(db, settings)
    desk.shelves.add(desk.shelf, ["price price price", "price of gold"])
    assert desk.ask("price", RetrievalSettings(rerank=True)) == (["price price price", "price of gold"], False)
    assert "NICHEWISE_RERANKER" in Reranker(settings).problem
    desk.vectors.close()


@pytest.mark.parametrize("missing", ["model.onnx", "tokenizer.json"])
def test_a_folder_that_lacks_a_file_is_named(settings: Settings, tmp_path: Path, missing: str) -> None:
    folder = tiny_cross_encoder(tmp_path / "counter")
    (folder / missing).unlink()
    reranker = Reranker(settings.model_copy(update={"reranker": folder}))
    assert missing in reranker.problem
    with pytest.raises(Unavailable, match=missing):
        reranker.scores("gold", ["gold"])


def test_a_model_that_is_broken_is_named(settings: Settings, tmp_path: Path) -> None:
    folder = tiny_cross_encoder(tmp_path / "counter")
    (folder / "model.onnx").write_bytes(b"broken")
    with pytest.raises(Unavailable, match="cannot be loaded"):
        Reranker(settings.model_copy(update={"reranker": folder})).scores("gold", ["gold"])
