"""Documents as rows: what they are, how far they are, whether anybody works on them, and what can be done with them.

A row is three or four elements: a list that follows the work is drawn again and again, and each element costs the
server 0.4 ms and the browser more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import streamlit as st

from components import collection_titles, dialogs, errors, session
from components.documents import document_readers
from components.i18n import N_, _, ago, duration, file_size, ngettext, number, stored
from components.markup import plain
from components.sheets import view as sheet_view
from core.entities.corpora import Document, Stage
from core.entities.ledger import LedgerLine
from core.entities.people import Principal
from core.roles import Permission

STAGES = {
    Stage.RECEIVED: N_("received"),
    Stage.PARSED: N_("read"),
    Stage.CHUNKED: N_("cut into passages"),
    Stage.EMBEDDED: N_("embedded"),
    Stage.INDEXED: N_("indexed"),
    Stage.VERIFIED: N_("verified"),
    Stage.READY: N_("ready"),
    Stage.FAILED: N_("failed"),
    Stage.CANCELLED: N_("cancelled"),
    Stage.QUARANTINED: N_("in quarantine"),
    Stage.REPLACED: N_("replaced"),
}
_COLORS = {Stage.READY: "green", Stage.FAILED: "red", Stage.CANCELLED: "gray", Stage.QUARANTINED: "violet"}
_PULSES = {  # of what is on its way
    "waiting": (N_("waits"), "gray"),
    "stuck": (N_("does not get on"), "yellow"),
    "dead": (N_("nobody works on it"), "red"),
}
_ICONS = {
    **dict.fromkeys((".xlsx", ".csv", ".tsv"), "table_chart"),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff"), "image"),
    **dict.fromkeys((".eml", ".msg"), "mail"),
    ".pdf": "picture_as_pdf",
    ".pptx": "slideshow",
    ".epub": "menu_book",
}


def draw(who: Principal, documents: Sequence[Document]) -> None:
    restricted = session.services().access.restricted(documents)
    for line in session.services().ledger.lines(who, documents):
        document = line.document
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"document_{document.id}"):
            st.markdown(_said(line, restricted=document.id in restricted), width="stretch")
            _way(who, line)
            sheet_view.button(document)
            _more(who, document, restricted=document.id in restricted)


# --- what is said -----------------------------------------------------------------------------------------------------


def _said(line: LedgerLine, *, restricted: bool) -> str:
    document = line.document
    icon = _ICONS.get(f".{document.filename.rpartition('.')[2].lower()}", "description")
    demo = f" :gray-badge[{_('demo data')}]" if document.demo else ""
    version = f" :blue-badge[{_('version %(n)s', n=document.version)}]" if document.version > 1 else ""
    title = plain(document.title or document.filename)
    lock = " :material/lock:" if restricted else ""
    original = f"[{_('Download')}](/api/documents/{document.id}/file)"
    said = [f":material/{icon}: **{title}**{lock} {_state(line)}{version}{demo}"]
    said.append(_small(f"{plain(' · '.join(_counts(line)))} · {original}"))
    if document.stage is Stage.QUARANTINED:
        said.append(_small(f":material/shield: {_('An administrator has to look at what was found in it first.')}"))
    if document.error:
        said.append(f":red[{plain(stored(document.error))}]")
    said += [_small(f":material/info: {plain(stored(note))}") for note in document.notes]
    return "  \n".join(said)  # lines of one paragraph


def _small(text: str) -> str:
    return f":small[:gray[{text}]]"


def _state(line: LedgerLine) -> str:
    said, color = _PULSES.get(line.pulse) or (STAGES[line.document.stage], _COLORS.get(line.document.stage, "orange"))
    return f":{color}-badge[{_(said)}]"


def _counts(line: LedgerLine) -> list[str]:
    document = line.document
    counts = [collection_titles.by_name(document.collection), file_size(document.size)]
    if document.stage is Stage.READY:
        counts.append(ngettext("%(n)s page", "%(n)s pages", document.pages))
        counts.append(ngettext("%(n)s passage", "%(n)s passages", document.chunks))
    elif line.pulse != "ended":
        counts += _progress(line)
    if document.tries > 1 and document.stage is not Stage.READY:
        counts.append(_("attempt %(n)s", n=number(document.tries)))
    counts.append(ago(document.created_at))
    if document.title and document.title != document.filename:
        counts.append(document.filename)
    return counts


def _progress(line: LedgerLine) -> list[str]:
    """How far it is; nothing of it changes the height of the row."""
    document, said = line.document, []
    if document.total:
        done, total = number(document.done), number(document.total)
        said.append(_("passages %(done)s of %(total)s", done=done, total=total))
    elif document.pages_read:
        done, total = number(document.pages_read), number(document.pages)
        said.append(_("pages %(done)s of %(total)s", done=done, total=total))
    if line.rate:
        said.append(_("%(n)s passages/s", n=number(line.rate, 1)))
    if (left := line.seconds_left) is not None:
        said.append(_("%(time)s left", time=duration(left)))
    if line.next_try_at and (wait := (line.next_try_at - datetime.now(UTC)).total_seconds()) > 0:
        said.append(_("next try in %(time)s", time=duration(wait)))
    return said


# --- what can be done -------------------------------------------------------------------------------------------------


def _way(who: Principal, line: LedgerLine) -> None:
    """Stopping it, going on, and deciding about it."""
    document, ledger = line.document, session.services().ledger
    if document.stage is Stage.QUARANTINED:
        if who.may(Permission.CORPORA_MANAGE):
            _button(document, "review", "policy", _("Review"), partial(dialogs.ask, "review", document.id))
    elif not session.services().documents.may_delete(who, document):
        return
    elif document.stage in (Stage.FAILED, Stage.CANCELLED) or line.pulse == "dead":
        _button(document, "retry", "refresh", _("Try again"), lambda: ledger.retry(session.principal(), document.id))
    elif line.pulse != "ended" and not document.demo:
        _button(document, "cancel", "stop_circle", _("Cancel"), lambda: ledger.cancel(session.principal(), document.id))


def _button(document: Document, name: str, icon: str, said: str, action: object) -> None:
    key = f"documents_{name}_{document.id}"
    if st.button(said, icon=f":material/{icon}:", key=key, type="tertiary", help=said, on_click=errors.kept(action)):  # type: ignore[arg-type]
        st.rerun()


def _more(who: Principal, document: Document, *, restricted: bool) -> None:
    """What is seldom done; nothing for those who may do none of it."""
    actions: dict[dialogs.Kind, str] = {}
    if document_readers.changeable(who, document):
        actions["readers"] = f":material/{'lock' if restricted else 'group'}: {_('Who may read it')}"
    if session.services().documents.may_delete(who, document):
        actions["delete"] = f":material/delete: {_('Delete')}"
    if not actions:
        return
    key = f"documents_more_{document.id}"
    chosen = st.menu_button(
        _("More actions"),
        list(actions),
        format_func=actions.__getitem__,
        icon=":material/more_vert:",
        type="tertiary",
        key=key,
        help=_("More actions"),
        on_click=errors.kept(_ask),
        args=(key, document.id),
    )
    if chosen:
        st.rerun()


def _ask(key: str, document_id: UUID) -> None:
    # In the callback: the look of a list that follows the work may be broken off by the next before it comes here.
    if chosen := session.get(key):
        dialogs.ask(chosen, document_id)
