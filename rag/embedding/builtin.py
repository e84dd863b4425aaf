"""The built-in embedding: all-MiniLM-L6-v2 as int8 ONNX through fastembed, without LlamaIndex."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import Unavailable
from core.settings import Settings
from rag.embedding.presence import NOT_EXPORTED
from rag.embedding.spec import BUILTIN, MODEL_FILE, OUTPUT, model_dir

if TYPE_CHECKING:
    from fastembed import TextEmbedding
    from tokenizers import Tokenizer

BATCH = 16  # texts between two looks at whether to go on
# One text goes through the model at a time: nothing is padded, and its numbers stay in the core's own cache. For 250
# words that takes a fifth less than for sixteen together; and no vector depends on what was embedded beside it.
_AT_ONCE = 1
_registering = threading.Lock()


def open_model(settings: Settings, threads: int | None = None) -> TextEmbedding:
    """The model in memory (0.6 s of import, 0.2 s of loading, 90 MB); `threads` is None for one per core.

    Unavailable if it has not been exported.
    """
    folder = _folder(settings)
    from fastembed import TextEmbedding

    _register()
    return TextEmbedding(
        BUILTIN.name, threads=threads, cuda=False, specific_model_path=str(folder), local_files_only=True
    )


def open_tokenizer(settings: Settings) -> Tokenizer:
    """The model's tokenizer, neither cutting nor padding (20 ms)."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(_folder(settings) / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def embed(
    model: TextEmbedding, texts: Sequence[str], before_batch: Callable[[], None] | None = None, *, lanes: int = 1
) -> NDArray[np.float32]:
    """Unit vectors (n, 384) in the order of `texts`; `before_batch` may raise to stop in between.

    `lanes` batches are embedded at once. On busy cores that beats one batch on several threads, which wait for each
    other at every operator: a model for lanes is opened with one thread.
    """
    vectors = np.empty((len(texts), BUILTIN.dimension), dtype=np.float32)
    # The longest come first, so that the lanes end together.
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    batches = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]

    def embedded(batch: list[int]) -> None:
        if before_batch is not None:
            before_batch()
        vectors[batch] = list(model.embed([_clean(texts[i]) for i in batch], batch_size=_AT_ONCE))

    if lanes == 1 or len(batches) == 1:
        for batch in batches:
            embedded(batch)
    else:
        with ThreadPoolExecutor(lanes) as pool:
            list(pool.map(embedded, batches))
    return vectors


def _clean(text: str) -> str:
    """`text` without halves of surrogate pairs, which some PDFs contain and the tokenizer refuses."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _folder(settings: Settings) -> Path:
    folder = model_dir(settings)
    if not (folder / "manifest.json").exists():
        raise Unavailable(NOT_EXPORTED)
    return folder


def _register() -> None:
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    with _registering:
        if any(known["model"] == BUILTIN.name for known in TextEmbedding.list_supported_models()):
            return
        TextEmbedding.add_custom_model(
            BUILTIN.name,
            pooling=PoolingType.DISABLED,  # the graph pools and normalises: 4 % faster than fastembed's own in numpy
            normalization=False,
            sources=ModelSource(url="file://exported-once"),
            dim=BUILTIN.dimension,
            model_file=MODEL_FILE,
            output_name=OUTPUT,
        )
