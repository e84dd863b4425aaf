"""What the codes of versions, their checks and what the reconciler finds are called."""

from __future__ import annotations

from babel import Locale

from components import session
from components.i18n import N_, _, number, percent
from core.entities.corpora import Fingerprint
from core.entities.versions import Check

STATES = {
    "building": (N_("being built"), "orange"),
    "built": (N_("waits for you"), "blue"),
    "active": (N_("active"), "green"),
    "retired": (N_("kept for a rollback"), "gray"),
    "failed": (N_("not built"), "red"),
}
CHECKS = {
    "documents": N_("Documents are all in it"),
    "words": N_("The word index holds every passage"),
    "vectors": N_("The vector index holds every vector"),
    "self_search": N_("Sampled sentences bring up their passage"),
    "golden": N_("The golden questions are answered as well as before"),
}
FINDINGS = {
    "unembedded": N_("Passages without a vector"),
    "no_vector": N_("Vectors that are missing in the vector index"),
    "lone_vectors": N_("Vectors without a passage"),
    "no_words": N_("Passages that are missing in the word index"),
    "lone_words": N_("Entries of the word index without a passage"),
    "doubled": N_("Passages that are in the word index twice"),
    "broken_words": N_("A word index that could not be read"),
    "no_file": N_("Documents whose file is missing: upload it again"),
    "no_chunks": N_("Documents without passages: they are indexed again"),
    "no_tables": N_("Spreadsheets whose tables are missing or incomplete: they are made again"),
    "lone_tables": N_("Tables of documents that are gone or replaced"),
    "lone_file": N_("Files without a document"),
    "temporary_file": N_("Temporary files that were left behind"),
    "lone_index": N_("Indexes of versions that are gone"),
    "loose_folder": N_("Folders of the vector index that nothing uses"),
}


def check(one: Check) -> str:
    """The figures of a check: a share with its pass mark, or how many of how many."""
    if one.name == "golden":
        return ""
    if one.name == "self_search":
        return _("%(found)s, at least %(mark)s", found=percent(one.found), mark=percent(one.expected))
    return _("%(done)s of %(total)s", done=number(one.found), total=number(one.expected))


def fingerprint(made: Fingerprint) -> str:
    """How a version is indexed, on one line."""
    more = "…" if len(made.languages) > _MOST_LANGUAGES else ""
    spoken = ", ".join(map(language, made.languages[:_MOST_LANGUAGES])) + more
    return _(
        "%(model)s · passages of %(tokens)s tokens, overlapping by %(overlap)s · vectors for: %(languages)s",
        model=made.model,
        tokens=number(made.chunk_tokens),
        overlap=number(made.chunk_overlap),
        languages=spoken or _("no language"),
    )


def language(code: str) -> str:
    """The name of a language in the user's own; a code that has none stands for itself."""
    return str(Locale.parse(session.locale()).languages.get(code, code))


_MOST_LANGUAGES = 6
