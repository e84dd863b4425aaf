"""Values of the versions of a collection: how one is to be indexed, what its checks found, what it takes up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from core.entities.corpora import Chunk, CollectionVersion, Fingerprint

# --- building ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class IndexPlan:
    """How the next version is to be indexed; what is None stays as the active version has it. `model` None: the one
    that was picked for the collection, else the one of the settings.

    `chunk_tokens` and `chunk_overlap` are counted in the embedding's own tokens; text in other languages is cut in
    proportion. `languages` are those whose passages get vectors. `switch` False: the version waits for a person.
    """

    chunk_tokens: int | None = None
    chunk_overlap: int | None = None
    languages: tuple[str, ...] | None = None
    switch: bool = True
    model: str | None = None


@dataclass(frozen=True, slots=True)
class EmbeddingChoice:
    """An embedding model that a version may be indexed with. `default`: new collections get it. `chunk_tokens` is the
    most that a passage may have; `dimension` is 0 where only the loaded model can tell. `problem`, with `values`, says
    why it cannot be used now and what to do; empty when nothing speaks against it."""

    name: str
    languages: tuple[str, ...]
    chunk_tokens: int
    dimension: int
    default: bool
    problem: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A document whose file could not be read again: the version has its passages as the version before had them."""

    document_id: UUID
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one version. `tokens` is the average size of a passage."""

    number: int
    documents: int
    chunks: int
    vectors: int
    tokens: float


@dataclass(frozen=True, slots=True)
class Check:
    """`expected` and `found` are counts, or shares in [0, 1] for those of `name` that compare shares."""

    name: Literal["documents", "words", "vectors", "self_search", "golden"]
    expected: float
    found: float
    passed: bool


@dataclass(frozen=True, slots=True)
class GoldenOutcome:
    """What the collection's golden questions say of a version; `figures` by name, such as recall@5. `reason` is a
    sentence, its places filled."""

    passed: bool
    questions: int
    figures: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class VersionReport:
    """What was found out about a version before anybody was answered from it.

    `sampled` sentences were searched in the version itself, and `compared` of them in the version before: `overlap` is
    the average share of documents that both find, None where there is nothing to compare. `reused` vectors were those
    of the same passages before, `embedded` ones are new.
    """

    made_at: datetime
    seconds: float
    before: Figures | None
    after: Figures
    checks: tuple[Check, ...]
    sampled: int = 0
    compared: int = 0
    overlap: float | None = None
    reused: int = 0
    embedded: int = 0
    golden: GoldenOutcome | None = None

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def complete(self) -> bool:
        """Whether the indexes hold what SQL holds; without that no one may switch to the version."""
        return all(check.passed for check in self.checks if check.name in ("documents", "words", "vectors"))


@dataclass(frozen=True, slots=True)
class VersionDetail:
    """A version as those who look after corpora see it. `keep_until` is set for retired ones; `run_id` is the job run
    that builds it or switches to it, `error` why that run did not end with the switch."""

    version: CollectionVersion
    documents: int
    chunks: int
    activated_at: datetime | None
    retired_at: datetime | None
    keep_until: datetime | None
    run_id: UUID | None
    report: VersionReport | None
    taken_over: tuple[TakenOver, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Sampled:
    """A chunk of a version that is looked at to judge the version."""

    chunk_id: UUID
    document_id: UUID
    chunk: Chunk


# --- before building --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cut:
    """How a sample of documents is cut: `sizes` are tokens (words, where the model does not speak the language) of
    each passage; `examples` are the first passages of the documents, in one order for both sides of a preview. `apart`,
    where the models differ: the share of passages that vectors alone bring up first for a sentence of theirs."""

    fingerprint: Fingerprint
    chunks: int
    sizes: tuple[int, ...]
    examples: tuple[str, ...]
    apart: float | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a plan would do, told from `documents` of all `of` documents. `chunks` and `seconds` are estimates for the
    whole collection, `to_embed` the chunks whose vectors cannot be taken over."""

    documents: int
    of: int
    before: Cut
    after: Cut
    chunks: int
    to_embed: int
    seconds: float


# --- soundness --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be in `count` places, of which `mended` were put right. `examples` are a few
    names (ids, file names), never texts."""

    kind: str
    count: int
    mended: int = 0
    version: int | None = None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One comparison of files, SQL, vectors and words; `collection_id` is None for what belongs to no collection."""

    at: datetime
    collection_id: UUID | None
    compared: Mapping[str, int]
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def sound(self) -> bool:
        return all(finding.count == finding.mended for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Footprint:
    """What all versions of a collection take up, in bytes. `memory` is an estimate of what its vectors hold in memory
    while they are searched. `dead` of `ever` entries of the active version's indexes were deleted since it was
    built."""

    files: int
    sql: int
    vectors: int
    words: int
    memory: int
    dead: int
    ever: int

    @property
    def disk(self) -> int:
        return self.files + self.sql + self.vectors + self.words

    @property
    def compact(self) -> bool:
        """Whether a re-index would be worth its while: only that gives back the room of deleted entries."""
        return self.dead >= _WORTH_IT and self.dead / max(self.ever, 1) >= _MUCH


_WORTH_IT, _MUCH = 500, 0.3  # entries, share
