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

    @property
    def setting(self) -> str:
        """What the settings call it."""
        return "builtin" if self.name == BUILTIN.name else self.name


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


def known(name: str) -> EmbeddingSpec | None:
    """The embedding that a setting or a fingerprint calls `name`; None for a name that no embedding has.

    A model that is not in the table counts as English, with 512 tokens, unless its name says that it is multilingual.
    """
    if name in ("builtin", BUILTIN.name):
        return BUILTIN
    kind, _, rest = name.partition(":")
    if kind not in ("huggingface", "ollama") or not rest:
        return None
    guess = (0, _MANY if "multilingual" in rest.lower() else _ENGLISH, 512)
    dimension, languages, max_tokens = _KNOWN.get(name.removesuffix(":latest"), guess)
    prefixed = kind == "huggingface" and "multilingual-e5" in rest and "instruct" not in rest
    query, passage = ("query: ", "passage: ") if prefixed else ("", "")
    return EmbeddingSpec(name, dimension, languages, True, max_tokens, query, passage)


def describe(settings: Settings) -> EmbeddingSpec:
    """The embedding that new collections get."""
    return _named("NICHEWISE_EMBEDDING", settings.embedding)


def offered(settings: Settings) -> tuple[EmbeddingSpec, ...]:
    """Those that a version may be indexed with: what new collections get first, the built-in one always."""
    others = (_named("NICHEWISE_EMBEDDINGS", name) for name in settings.embeddings)
    return tuple(dict.fromkeys((describe(settings), BUILTIN, *others)))


def _named(setting: str, value: str) -> EmbeddingSpec:
    found = known(value)
    if found is None:
        raise StartupError(
            "%(setting)s is %(value)s; it must be builtin, huggingface:NAME or ollama:NAME.",
            setting=setting,
            value=value,
        )
    return found


def model_dir(settings: Settings) -> Path:
    """Where `rag.export` puts the built-in model."""
    return settings.var_dir / "models" / BUILTIN.name
