"""Vectors of questions with the models of several versions."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from core.errors import Unavailable
from core.settings import Settings
from rag import questions as asking
from rag.embedders import Embedders
from rag.embedding import BUILTIN
from rag.questions import Questions
from tests.servers.ollama import DIMENSION, OllamaServer


def test_each_model_gives_its_own_vectors_and_the_settings_say_which_is_usual(
    model_settings: Settings, ollama: OllamaServer
) -> None:
    ollama.script.models.append("own")
    questions = Questions(model_settings.model_copy(update={"ollama_url": ollama.url}))
    one, other = questions.vector("rent", "ollama:own"), questions.vector("rent")
    assert (len(one or ()), len(other or ())) == (DIMENSION, BUILTIN.dimension)
    asked = len(ollama.script.asked("/api/embed"))
    assert questions.vector("rent", "ollama:own") == one  # remembered
    assert len(ollama.script.asked("/api/embed")) == asked
    assert questions.vector("rent", BUILTIN.name) == other


def test_the_loading_of_one_model_holds_up_no_question_to_another(model_settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:  # takes connections and never answers
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        questions = Questions(model_settings.model_copy(update={"ollama_url": url}))
        answers: list[list[float] | None] = []
        slow = threading.Thread(target=lambda: answers.append(questions.vector("rent", "ollama:slow")))
        slow.start()
        connection, _ = server.accept()  # it is being loaded now
        assert questions.vector("rent") is not None
        assert slow.is_alive()
        connection.close()
        slow.join()
    assert answers == [None]
    assert questions.vector("shop", "ollama:slow") is None  # left alone for a while: nobody listens there any more


def test_models_are_kept_up_to_a_bound_and_the_one_asked_longest_ago_goes(ollama: OllamaServer, tmp_path: Path) -> None:
    names = [f"model-{n}" for n in range(asking.MOST_LOADED + 1)]
    ollama.script.models.extend(names)
    questions = Questions(Settings(_env_file=None, var_dir=tmp_path, ollama_url=ollama.url))
    loaded = {name: questions.model(f"ollama:{name}") for name in names}
    assert questions.model(f"ollama:{names[-1]}") is loaded[names[-1]]
    assert questions.model(f"ollama:{names[0]}") is not loaded[names[0]]


def test_a_name_that_no_model_has_gives_no_vector(model_settings: Settings) -> None:
    questions = Questions(model_settings)
    assert questions.vector("rent", "word2vec") is None
    with pytest.raises(Unavailable, match="no embedding model called word2vec"):
        questions.model("word2vec")
    questions.warm(["word2vec"])  # is only noted


def test_every_model_has_a_child_of_its_own_for_as_long_as_it_is_needed(
    model_settings: Settings, ollama: OllamaServer
) -> None:
    ollama.script.models.append("own")
    embedders = Embedders(model_settings.model_copy(update={"ollama_url": ollama.url}))
    assert embedders.embed("ollama:own", ["rent"]).shape == (1, DIMENSION)
    assert set(embedders.pids) == {"ollama:own"}
    assert embedders.embed(BUILTIN.name, ["rent", "shop"]).shape == (2, BUILTIN.dimension)
    assert len(set(embedders.pids.values())) == 2
    embedders.close()
    assert embedders.pids == {}
    assert embedders.embed("ollama:own", ["rent"]).shape == (1, DIMENSION)
    embedders.abort()
    for model in ("ollama:own", BUILTIN.name, "ollama:never-asked"):
        with pytest.raises(Unavailable):
            embedders.embed(model, ["rent"])
    embedders.close()
