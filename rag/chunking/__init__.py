"""Passages: a parsed document cut into chunks that respect headings, tables, pages and the embedding's window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from core.entities.corpora import Chunk
from core.entities.reading import Block, Parsed
from core.settings import Settings
from rag import embedding, language
from rag.chunking import measure
from rag.chunking.packing import Piece, packed, size_of, table_pieces, text_pieces

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["CHUNKER", "ChunkPlan", "chunk", "main_language", "passage", "plan_for"]

CHUNKER = 1  # part of a collection's fingerprint: raise it when the same document would be cut otherwise
_SPECIAL_TOKENS = 2
_HEADING_CHARS = 160
_DETECT_CHARS = 20_000
_MAX_WORDS = 300  # 99 % of the XQuAD paragraphs in Russian stay whole
_WORDS_PER_TOKEN = 0.5  # of a multilingual model on Russian text, rounded down


@dataclass(frozen=True, slots=True)
class ChunkPlan:
    """How to cut. Text in a language of `spoken` is measured with `tokenizer` and fits `max_tokens`, special tokens and
    heading included; all other text is measured in words, `max_words` at most. `overlap` is in the same unit."""

    max_tokens: int = embedding.BUILTIN.max_tokens
    overlap: int = 24
    spoken: tuple[str, ...] = embedding.BUILTIN.languages
    tokenizer: Tokenizer | None = None
    max_words: int = _MAX_WORDS

    def counts_tokens(self, language: str) -> bool:
        return self.tokenizer is not None and language in self.spoken


@dataclass(frozen=True, slots=True)
class _Item:
    block: Block
    path: tuple[str, ...]
    language: str


def plan_for(settings: Settings) -> ChunkPlan:
    """The plan for the embedding of these settings; Unavailable if the built-in one is not exported."""
    spec = embedding.describe(settings)
    tokenizer = embedding.tokenizer(settings)
    words = _MAX_WORDS if tokenizer is not None else min(_MAX_WORDS, int(spec.max_tokens * _WORDS_PER_TOKEN))
    return ChunkPlan(spec.max_tokens, spoken=spec.languages, tokenizer=tokenizer, max_words=words)


def passage(heading: str, text: str) -> str:
    """What is embedded of a chunk: its text under its headings."""
    return f"{heading}\n{text}" if heading else text


def chunk(parsed: Parsed, plan: ChunkPlan) -> list[Chunk]:
    """The passages of a document in reading order; deterministic, in time linear in the document's length."""
    items = list(_items(parsed))
    rulers = _rulers([item.block.text for item in items], [item.language for item in items], plan)
    chunks: list[Chunk] = []
    pairs = zip(items, rulers, strict=True)
    for (path, spoken), section in groupby(pairs, key=lambda pair: (pair[0].path, pair[0].language)):
        heading = " > ".join(path)
        limit = _limit(heading, spoken, plan)
        pieces = list(_pieces(list(section), limit))
        for run in packed(pieces, limit, min(plan.overlap, limit // 4)):
            chunks.append(_chunk(len(chunks), run, heading, spoken, limit))
    return chunks


def _items(parsed: Parsed) -> Iterator[_Item]:
    """Every block with text, under the headings above it, in its language."""
    whole = main_language(parsed)
    alone = len(parsed.blocks) == 1  # then it is the document
    for block, path in _under_headings(parsed.blocks):
        yield _Item(block, path, whole if alone else language.detect_block(block.text, whole))


def main_language(parsed: Parsed) -> str:
    """The language of the document as a whole."""
    return language.detect(_sample(parsed))


def _sample(parsed: Parsed) -> str:
    """Text of the document to tell its language by, from all over it; headings are too short to tell much."""
    texts = [block.text for block in parsed.blocks if block.kind != "heading"] or [b.text for b in parsed.blocks]
    if sum(map(len, texts)) <= _DETECT_CHARS:
        return "\n".join(texts)
    share = max(1, len(texts) // 100)
    return "\n".join(text[: _DETECT_CHARS // 100] for text in texts[::share])


def _under_headings(blocks: tuple[Block, ...]) -> Iterator[tuple[Block, tuple[str, ...]]]:
    """Blocks that are not headings, with the headings above them; a heading with nothing below it becomes text."""
    above: list[Block] = []
    bare = False  # nothing has come yet under the last heading
    for block in (*blocks, Block("", "heading", level=1)):
        text = block.text.strip()
        if block.kind != "heading":
            if text:
                bare = False
                yield block, _texts(above)
            continue
        level = max(1, block.level)
        if bare and above[-1].level >= level:
            yield replace(above[-1], kind="text"), _texts(above[:-1])
        above = [one for one in above if one.level < level]
        bare = bool(text)
        if text:
            above.append(Block(" ".join(text.split()), "heading", level, block.page))


def _texts(above: list[Block]) -> tuple[str, ...]:
    return tuple(block.text[:_HEADING_CHARS] for block in above)


def _rulers(texts: list[str], languages: list[str], plan: ChunkPlan) -> list[measure.Ruler]:
    """One ruler per text; those in tokens are made together, since the tokenizer reads many texts at once."""
    by_tokens = [i for i, spoken in enumerate(languages) if plan.counts_tokens(spoken)]
    made: dict[int, measure.Ruler] = {}
    if plan.tokenizer is not None:
        made = dict(zip(by_tokens, measure.tokens(plan.tokenizer, [texts[i] for i in by_tokens]), strict=True))
    return [made[i] if i in made else measure.words(text) for i, text in enumerate(texts)]


def _limit(heading: str, spoken: str, plan: ChunkPlan) -> int:
    """How large a chunk's text may be under its heading; a long heading takes half of the window at most."""
    if plan.tokenizer is None or not plan.counts_tokens(spoken):
        return plan.max_words
    taken = len(plan.tokenizer.encode(heading, add_special_tokens=False).ids) if heading else 0
    return max(plan.max_tokens - _SPECIAL_TOKENS - taken, plan.max_tokens // 2)


def _pieces(section: list[tuple[_Item, measure.Ruler]], limit: int) -> Iterator[Piece]:
    following = [item.block for item, _ in section[1:]]
    for (item, ruler), after in zip(section, [*following, None], strict=True):
        if item.block.kind == "table":
            yield from table_pieces(item.block, ruler, limit)
        else:
            beside = after if after is not None and after.kind == "text" else None
            yield from text_pieces(item.block, ruler, limit, beside)


def _chunk(position: int, run: Sequence[Piece], heading: str, spoken: str, limit: int) -> Chunk:
    pages = [piece.page for piece in run if piece.page is not None]
    text = "".join(piece.text for piece in run).strip()
    first, last = (min(pages), max(pages)) if pages else (None, None)
    return Chunk(position, text, heading, first, last, spoken, min(size_of(run), limit))
