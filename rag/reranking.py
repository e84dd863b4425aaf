"""An optional cross-encoder that reads question and passage together and orders the best passages anew."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import Unavailable
from core.settings import Settings

if TYPE_CHECKING:
    from fastembed.rerank.cross_encoder import TextCrossEncoder

MODEL_FILES = ("model.onnx", "onnx/model.onnx")  # as Optimum and Sentence Transformers export it
FILES = ("tokenizer.json", "tokenizer_config.json")
DEPTH = 20  # passages it reads: the right one is among them in 99 of 100
_BATCH = 16
_registering = threading.Lock()


class Reranker:
    """The model in the folder that NICHEWISE_RERANKER names: an ONNX export of a cross-encoder with its tokenizer."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.reranker
        self._loading = threading.Lock()
        self._model: TextCrossEncoder | None = None

    @property
    def configured(self) -> bool:
        return self._folder is not None

    @property
    def problem(self) -> str:
        """Why it cannot be used, as a sentence that says what to do; empty when it can."""
        try:
            self._checked()
        except Unavailable as error:
            return error.message
        return ""

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers the question, higher is better; comparable within this call alone.

        Unavailable where no folder is set, or a file of the model is missing or broken.
        """
        model = self._open()
        return [float(score) for score in model.rerank(question, list(texts), batch_size=_BATCH)]

    def _open(self) -> TextCrossEncoder:
        with self._loading:
            if self._model is None:
                self._model = self._loaded(self._checked())
            return self._model

    def _checked(self) -> Path:
        if self._folder is None:
            raise Unavailable(
                "There is no re-ranker. Export a cross-encoder to ONNX and set NICHEWISE_RERANKER to its folder."
            )
        missing = [name for name in FILES if not (self._folder / name).is_file()]
        missing += [] if _model_file(self._folder) else [MODEL_FILES[0]]
        if missing:
            raise Unavailable(
                "The re-ranker in %(folder)s cannot be used: %(files)s is missing. Put the ONNX export of a "
                "cross-encoder there with its tokenizer, or clear NICHEWISE_RERANKER.",
                folder=self._folder,
                files=", ".join(missing),
            )
        return self._folder

    def _loaded(self, folder: Path) -> TextCrossEncoder:
        from fastembed.rerank.cross_encoder import TextCrossEncoder

        name = f"nichewise/{folder}"
        _register(name, _model_file(folder))
        try:
            return TextCrossEncoder(name, threads=1, cuda=False, specific_model_path=str(folder), local_files_only=True)
        except Exception as error:  # onnxruntime and tokenizers raise their own kinds, all for a file that is broken
            raise Unavailable(
                "The re-ranker in %(folder)s cannot be loaded: %(reason)s", folder=folder, reason=str(error)[:200]
            ) from error


def _model_file(folder: Path) -> str:
    return next((name for name in MODEL_FILES if (folder / name).is_file()), "")


def _register(name: str, model_file: str) -> None:
    from fastembed.common.model_description import ModelSource
    from fastembed.rerank.cross_encoder import TextCrossEncoder

    with _registering:
        if name.lower() not in {one["model"].lower() for one in TextCrossEncoder.list_supported_models()}:
            TextCrossEncoder.add_custom_model(model=name, sources=ModelSource(hf=name), model_file=model_file)
