"""The sources of a collection: what each brought, when it is read next, its ledger, and adding another."""

from __future__ import annotations

from functools import partial
from uuid import UUID

import streamlit as st

from components import buttons, errors, session, tables
from components.i18n import _, ngettext, number
from components.markup import plain
from components.sources import form as source_form
from components.sources import hosts as source_hosts
from components.sources import words as source_words
from core.entities.corpora import Collection
from core.entities.people import Principal
from core.entities.sources import RunStatus, Source, SourceRun
from core.roles import Permission

_EVERY_S = 1.0
_PROBLEMS = 10


def render(who: Principal, collection: Collection) -> None:
    manages = who.may(Permission.CORPORA_MANAGE)
    found = session.services().sources.list(who, collection.name)
    if manages and st.button(_("Add a source"), type="primary", icon=":material/add:", key="sources_add"):
        st.dialog(_("Add a source"), width="medium")(source_form.draw)(collection, None)
    if not found:
        st.info(
            _("Nothing feeds this collection but uploads. A source keeps it up to date by itself."),
            icon=":material/info:",
        )
    for source in found:
        with errors.shown(), st.container(border=True, key=f"source_{source.id}"):
            _source(who, collection, source, manages=manages)
    if manages:
        source_hosts.draw(who)


def _source(who: Principal, collection: Collection, source: Source, *, manages: bool) -> None:
    word, icon = source_words.KINDS[source.kind]
    run = source.last_run
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width="stretch", gap="xxsmall"):
            badge = source_words.status(run) if run else f":gray-badge[{_('not read yet')}]"
            st.markdown(f":material/{icon}: **{plain(source.name)}** {badge}")
            st.caption(f"{_(word)} · {_documents(source)} · {source_words.schedule(source)}")
        if manages:
            with st.container(horizontal=True, vertical_alignment="center", width="content"):
                _actions(collection, source, run)
    if run and run.status.active:
        st.fragment(_follow, run_every=_EVERY_S)(run.id, manages)
    elif run:
        _outcome(source, run, manages=manages)
        with st.expander(_("Ledger"), icon=":material/history:"):
            _ledger(who, source)


def _documents(source: Source) -> str:
    said = ngettext("%(n)s document", "%(n)s documents", source.documents)
    return f"{said}, {_('%(n)s could not be indexed', n=number(source.unready))}" if source.unready else said


def _actions(collection: Collection, source: Source, run: SourceRun | None) -> None:
    busy = bool(run and run.status.active)
    st.button(
        _("Read now"),
        icon=":material/sync:",
        key=f"source_run_{source.id}",
        disabled=busy,
        on_click=errors.kept(_start),
        args=(source.id,),
    )
    if buttons.icon(_("Change"), "edit", f"source_edit_{source.id}"):
        st.dialog(_("Change the source"), width="medium")(source_form.draw)(collection, source)
    if buttons.icon(_("Remove"), "delete", f"source_remove_{source.id}"):
        st.dialog(_("Remove the source?"))(_remove)(source)


def _start(source_id: UUID, confirmed: bool = False) -> None:
    session.services().sources.start(session.principal(), source_id, confirmed=confirmed)


def _remove(source: Source) -> None:
    also = st.toggle(_("Also remove the documents that came with it"), key="source_remove_documents")
    st.caption(
        _("They are removed in the background, with their passages.")
        if also
        else _("The documents stay, and are not kept up to date any more.")
    )
    if st.button(_("Remove"), type="primary", icon=":material/delete:", key="source_remove_sure"):
        with errors.shown():
            session.services().sources.delete(session.principal(), source.id, documents=also)
            st.rerun()


# --- runs -------------------------------------------------------------------------------------------------------------


def _follow(run_id: UUID, manages: bool) -> None:
    """How far a run is, until it ends."""
    with errors.shown():
        run = session.services().sources.run(session.principal(), run_id)
        if not run.status.active:
            st.rerun(scope="app")
        with st.container(horizontal=True, vertical_alignment="center"):
            said = ngettext("%(n)s record read", "%(n)s records read", run.total)
            st.markdown(f":material/hourglass_top: {said} · {source_words.counts(run)}", width="stretch")
            if manages:
                cancel = errors.kept(partial(session.services().sources.cancel, session.principal()))
                st.button(
                    _("Cancel"), icon=":material/stop:", key=f"source_cancel_{run_id}", on_click=cancel, args=(run_id,)
                )


def _outcome(source: Source, run: SourceRun, *, manages: bool) -> None:
    st.caption(f"{source_words.when(run)} · {source_words.counts(run)}")
    if run.status is RunStatus.HELD:
        st.warning(plain(source_words.problem(run.error)), icon=":material/help:")
        if manages:
            st.button(
                _("Remove their documents"),
                icon=":material/delete_sweep:",
                key=f"source_confirm_{source.id}",
                on_click=errors.kept(_start),
                args=(source.id, True),
            )
    elif run.error:
        st.error(plain(source_words.problem(run.error)), icon=":material/error:")
    for key, reason in run.problems[:_PROBLEMS]:
        st.markdown(f":red[{plain(key)}: {plain(source_words.problem(reason))}]")
    if run.failed > _PROBLEMS:
        st.caption(_("and %(n)s more", n=number(run.failed - _PROBLEMS)))


def _ledger(who: Principal, source: Source) -> None:
    columns = [
        tables.Column("started", _("Started"), "time"),
        tables.Column("ended", _("Ended"), "time"),
        tables.Column("status", _("Status")),
        *(tables.Column(name, title, "number") for name, title in _counted()),
        tables.Column("error", _("Problem"), width="large"),
    ]
    rows = [_row(run) for run in session.services().sources.runs(who, source.id)]
    tables.draw(f"source_runs_{source.id.hex[:8]}", columns, rows, search=False)


def _counted() -> list[tuple[str, str]]:
    return [
        ("added", _("New")),
        ("changed", _("Changed")),
        ("removed", _("Removed")),
        ("unchanged", _("Unchanged")),
        ("failed", _("Failed")),
    ]


def _row(run: SourceRun) -> tables.Row:
    figures = {name: getattr(run, name) for name, _title in _counted()}
    word, _color = source_words.STATUSES[run.status]
    return {
        "started": run.started_at or run.created_at,
        "ended": run.ended_at,
        "status": _(word),
        "error": source_words.problem(run.error),
        **figures,
    }
