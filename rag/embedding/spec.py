"""What is known of an embedding model without loading it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.errors import StartupError
from core.settings import Settings

MODEL_FILE = "model.onnx"
OUTPUT = "sentence_embedding"

# The languages that the usual multilingual models were trained on and `rag.language` can tell.
_CODES = (
    "ar bg bn ca cs da de el en es et fa fi fr he hi hr hu hy id it ja ka kk ko lt lv mk mr ne nl no pl pt ro ru sk sl "
    "sr sv ta te th tr uk ur vi zh"
)
_MANY = tuple(_CODES.split())
_ENGLISH = ("en",)


@dataclass(frozen=True, slots=True)
class EmbeddingSpec:
    """`dimension` is 0 where only the loaded model can tell (see `embedding.measured`). `languages` are those the model
    was trained for; `max_tokens` is what it reads of a text, special tokens included. `query` and `passage` are put
    before the texts by models that were trained with such prefixes."""

    name: str
    dimension: int
    languages: tuple[str, ...]
    normalised: bool = True
    max_tokens: int = 512
    query: str = ""
    passage: str = ""

    def speaks(self, language: str) -> bool:
        return language in self.languages


BUILTIN = EmbeddingSpec("all-MiniLM-L6-v2-int8", 384, _ENGLISH, max_tokens=256)

_KNOWN = {
    "huggingface:sentence-transformers/all-MiniLM-L6-v2": (384, _ENGLISH, 256),
    "huggingface:sentence-transformers/all-mpnet-base-v2": (768, _ENGLISH, 384),
    "huggingface:BAAI/bge-small-en-v1.5": (384, _ENGLISH, 512),
    "huggingface:BAAI/bge-m3": (1024, _MANY, 8192),
    "huggingface:intfloat/multilingual-e5-small": (384, _MANY, 512),
    "huggingface:intfloat/multilingual-e5-base": (768, _MANY, 512),
    "huggingface:intfloat/multilingual-e5-large": (1024, _MANY, 512),
    "huggingface:sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2": (384, _MANY, 128),
    "huggingface:sentence-transformers/paraphrase-multilingual-mpnet-base-v2": (768, _MANY, 128),
    "huggingface:Alibaba-NLP/gte-multilingual-base": (768, _MANY, 8192),
    "ollama:bge-m3": (1024, _MANY, 8192),
    "ollama:snowflake-arctic-embed2": (1024, _MANY, 8192),
    "ollama:paraphrase-multilingual": (768, _MANY, 128),
    "ollama:qwen3-embedding": (0, _MANY, 8192),
    "ollama:embeddinggemma": (768, _MANY, 2048),
    "ollama:nomic-embed-text": (768, _ENGLISH, 2048),
    "ollama:mxbai-embed-large": (1024, _ENGLISH, 512),
    "ollama:all-minilm": (384, _ENGLISH, 256),
}


def describe(settings: Settings) -> EmbeddingSpec:
    """The embedding that `settings.embedding` names.

    A model that is not in the table counts as English, with 512 tokens, unless its name says that it is multilingual.
    """
    kind, _, name = settings.embedding.partition(":")
    if settings.embedding == "builtin":
        return BUILTIN
    if kind not in ("huggingface", "ollama") or not name:
        raise StartupError(
            "NICHEWISE_EMBEDDING is %(value)s; it must be builtin, huggingface:NAME or ollama:NAME.",
            value=settings.embedding,
        )
    full = settings.embedding
    plain = full.removesuffix(":latest")
    guess = (0, _MANY if "multilingual" in name.lower() else _ENGLISH, 512)
    dimension, languages, max_tokens = _KNOWN.get(plain, guess)
    prefixed = kind == "huggingface" and "multilingual-e5" in name and "instruct" not in name
    query, passage = ("query: ", "passage: ") if prefixed else ("", "")
    return EmbeddingSpec(full, dimension, languages, True, max_tokens, query, passage)


def model_dir(settings: Settings) -> Path:
    """Where `rag.export` puts the built-in model."""
    return settings.var_dir / "models" / BUILTIN.name
