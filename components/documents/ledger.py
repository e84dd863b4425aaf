"""The ledger of documents: one line that sums it up, and the rows, which follow the work by themselves.

Other pages show a collection's with `draw(who, Wanted(collection=NAME))`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from components import errors, session
from components.documents import archive_list, document_list
from components.i18n import N_, _, duration, ngettext, number
from core.entities.corpora import Document, JobRun, Stage
from core.entities.ledger import RUNNING_STAGES, LedgerCounts
from core.entities.people import Principal

STATES = {
    "": (N_("All"), None),
    "running": (N_("On the way"), tuple(Stage(stage) for stage in RUNNING_STAGES)),
    "ready": (N_("Ready"), (Stage.READY,)),
    "failed": (N_("Failed"), (Stage.FAILED, Stage.CANCELLED)),
    "held": (N_("In quarantine"), (Stage.QUARANTINED,)),
}
_Seen = tuple[LedgerCounts, Sequence[JobRun]]
_Found = tuple[Sequence[Document], int]  # a page of them, and how many there are on all pages
_UNPACKING = ("waiting", "running")
_EVERY_S = 1.5
_PAGE, _PLACE = 10, "documents_page"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which documents; `state` is a key of `STATES`."""

    collection: str | None = None
    text: str = ""
    state: str = ""


def draw(who: Principal, wanted: Wanted, *, still: bool = False) -> None:
    """`still`: does not follow, since a dialog is open that a new look would close."""
    seen = _look(who, wanted)
    live = not still and _moving(*seen)
    st.fragment(_follow, run_every=_EVERY_S if live else None)(wanted, [seen], live=live)


def _follow(wanted: Wanted, seen: list[_Seen], *, live: bool) -> None:
    """`seen` is what the page saw just now, for the first look; the following ones look for themselves."""
    with errors.shown():
        who = session.principal()
        counts, archives = seen.pop() if seen else _look(who, wanted)
        if live and not _moving(counts, archives):
            st.rerun(scope="app")
        with st.container():  # a place of its own, so that what comes and goes in it moves no other element
            looked_for = wanted.text or wanted.state  # then what has ended only stands before what was found
            archive_list.draw([run for run in archives if not looked_for or run.status in _UNPACKING])
        found = _found(who, wanted)
        _summary(who, counts, found[1] if looked_for else None)
        _rows(who, wanted, found)


def _look(who: Principal, wanted: Wanted) -> _Seen:
    services = session.services()
    return services.ledger.counts(who, collection=wanted.collection), services.archives.recent(who)


def _moving(counts: LedgerCounts, archives: Sequence[JobRun]) -> bool:
    return bool(counts.running) or any(run.status in _UNPACKING for run in archives)


def _summary(who: Principal, counts: LedgerCounts, found: int | None) -> None:
    """Always one line high, so that nothing below it moves; `found`: how many of them are looked for."""
    with st.container(horizontal=True, vertical_alignment="center", key="ledger_summary"):
        st.caption(" · ".join(_facts(counts, found)), width="stretch")
        ledger = session.services().ledger
        if counts.own_running:
            _button("cancel_all", "stop_circle", _("Cancel all"), lambda: ledger.cancel_all(who))
        if failed := counts.stages.get(Stage.FAILED.value, 0):
            said = _("Retry failed (%(n)s)", n=number(failed))
            _button("retry_failed", "refresh", said, lambda: ledger.retry_failed(who))


def _button(name: str, icon: str, said: str, action: object) -> None:
    key = f"ledger_{name}"
    if st.button(said, icon=f":material/{icon}:", key=key, type="tertiary", on_click=errors.kept(action)):  # type: ignore[arg-type]
        st.rerun()


def _facts(counts: LedgerCounts, found: int | None) -> list[str]:
    total = sum(counts.stages.values())
    all_ = ngettext("%(n)s document", "%(n)s documents", total)
    facts = [all_ if found is None else _("found: %(n)s of %(total)s", n=number(found), total=number(total))]
    if not counts.running:
        return facts
    facts.append(_("on the way: %(n)s", n=number(counts.running)))
    if counts.documents_per_minute:
        documents, passages = number(counts.documents_per_minute), number(counts.chunks_per_minute)
        facts.append(_("%(n)s per minute (passages: %(passages)s)", n=documents, passages=passages))
    if (left := counts.seconds_left) is not None:
        facts.append(_("%(time)s left", time=duration(left)))
    return facts


def _found(who: Principal, wanted: Wanted) -> _Found:
    documents, total = _page(who, wanted, int(session.get(_PLACE) or 1))
    if not documents and session.get(_PLACE):  # fewer are wanted now than were then, or the last of a page is deleted
        session.take(_PLACE)
        documents, total = _page(who, wanted, 1)
    return documents, total


def _rows(who: Principal, wanted: Wanted, found: _Found) -> None:
    documents, total = found
    if not total:
        st.info(_nothing(wanted), icon=":material/info:")
        return
    document_list.draw(who, documents)
    if total > _PAGE:
        st.pagination(-(-total // _PAGE), key=_PLACE)


def _page(who: Principal, wanted: Wanted, page: int) -> _Found:
    return session.services().documents.list(
        who,
        collection=wanted.collection,
        text=wanted.text or None,
        stages=STATES[wanted.state][1],
        limit=_PAGE,
        offset=(page - 1) * _PAGE,
    )


def _nothing(wanted: Wanted) -> str:
    if wanted.state or wanted.text:
        return _("No document fits. Choose another state, or search for something else.")
    return _("No documents here yet. Drop a file above: it can be asked a few seconds later.")
