"""BM25 search over the passages of one collection version: the only home of tantivy."""

from rag.lexical.index import Damaged, Lexical

__all__ = ["Damaged", "Lexical"]
