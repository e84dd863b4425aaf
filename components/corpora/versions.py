"""The versions of a collection: the active one, those kept for a rollback, and the next one as it is being built."""

from __future__ import annotations

import streamlit as st

from components import errors, job_progress, session
from components.corpora import plan as corpus_plan
from components.corpora import report as corpus_report
from components.corpora import words as corpus_words
from components.corpora.plan import followed
from components.i18n import _, date_time, ngettext, stored
from components.markup import plain
from core.entities.corpora import Collection, JobRun
from core.entities.people import Principal
from core.entities.versions import VersionDetail
from core.roles import Permission
from services.corpora.reindexing import CANCELLED


def render(who: Principal, collection: Collection) -> None:
    manages = who.may(Permission.CORPORA_MANAGE)
    running = session.services().versions.running(who, collection.name)
    _ended(collection, running)
    if running is not None:
        session.put(followed(collection.name), running.id)
        job_progress.draw(lambda: [_progress(collection)])
    elif manages:
        corpus_plan.draw(who, collection)
    for detail in session.services().versions.list(who, collection.name):
        with st.container(border=True, key=f"corpora_version_{detail.version.number}"):
            _version(collection, detail, manages=manages, busy=running is not None)


def _ended(collection: Collection, running: JobRun | None) -> None:
    """Says once how the work on the collection ended that this browser was following."""
    run_id = session.get(followed(collection.name))
    if run_id is None or (running is not None and running.id == run_id):
        return
    session.take(followed(collection.name))
    run = session.services().documents.job(session.principal(), run_id)
    number_ = run.result.get("version", "")
    if run.status == "failed":
        st.error(plain(stored(run.error)), icon=":material/error:")
    elif run.status == "cancelled":
        st.info(_("Cancelled. The version in use stays as it is."), icon=":material/info:")
    elif run.error:  # done, and it waits for a person: why stands with the version
        st.warning(_("Version %(version)s is built and waits for you.", version=number_), icon=":material/pan_tool:")
    else:
        st.success(_("Done. Version %(version)s is ready.", version=number_), icon=":material/check:")


def _progress(collection: Collection) -> job_progress.Progress:
    run = session.services().versions.running(session.principal(), collection.name)
    if run is None:
        return job_progress.Progress("", "", 0, 0, collection.version.created_at, ended=True)
    title = _("Version %(version)s", version=run.result.get("version", ""))
    if run.kind == "reindex" and run.total and run.done >= run.total and (asked := _asked(collection)):
        stage = _("asking the golden questions")
        return job_progress.Progress(title, stage, asked.done, asked.total, asked.created_at)
    return job_progress.Progress(
        title=title,
        stage=_stage(run),
        done=run.done,
        total=run.total,
        started_at=run.created_at,
    )


def _asked(collection: Collection) -> JobRun | None:
    """The run of the golden set that the version waits for."""
    runs = session.services().evaluation.runs(session.principal(), collection.name)
    return next((one.job for one in runs if one.purpose == "gate" and one.job.status == "running"), None)


def _stage(run: JobRun) -> str:
    if run.status == "waiting":
        return _("waits")
    if run.kind == "switch_version":
        return _("catching up and switching")
    return _("checking and switching") if run.total and run.done >= run.total else _("indexing documents")


def _version(collection: Collection, detail: VersionDetail, *, manages: bool, busy: bool) -> None:
    version = detail.version
    state, color = corpus_words.STATES[version.state]
    with st.container(horizontal=True, vertical_alignment="center", key=f"corpora_line_{version.number}"):
        with st.container(width="stretch", gap="xxsmall"):
            title = _("Version %(version)s", version=version.number)
            st.markdown(f"**{title}** :{color}-badge[{_(state)}]")
            st.caption(plain(" · ".join(_facts(detail))))
            st.caption(plain(corpus_words.fingerprint(version.fingerprint)))
        if manages:
            _actions(collection, detail, busy=busy)
    if detail.error and version.state not in ("active", "building"):
        _why(detail)
    if detail.report is not None:
        passed = detail.report.passed
        verdict = f":green[{_('passed')}]" if passed else f":red[{_('not passed')}]"
        icon = ":material/fact_check:" if passed else ":material/report:"
        waits = version.state == "built" and not passed  # then why it waits is what the person came for
        with st.expander(f"{_('Verification report')}: {verdict}", icon=icon, expanded=waits):
            corpus_report.draw(detail)


def _why(detail: VersionDetail) -> None:
    """Why nobody is answered from this version."""
    box, icon = (st.warning, "pan_tool") if detail.version.state == "built" else (st.error, "error")
    if detail.error == CANCELLED:
        box, icon = st.info, "info"
    box(plain(stored(detail.error)), icon=f":material/{icon}:")


def _facts(detail: VersionDetail) -> list[str]:
    facts = [_("built %(when)s", when=date_time(detail.version.created_at))]
    if detail.chunks:
        counted = ngettext("%(n)s document", "%(n)s documents", detail.documents)
        facts = [counted, ngettext("%(n)s passage", "%(n)s passages", detail.chunks), *facts]
    if detail.keep_until:
        facts.append(_("kept until %(when)s", when=date_time(detail.keep_until)))
    return facts


def _actions(collection: Collection, detail: VersionDetail, *, busy: bool) -> None:
    version = detail.version
    key, args = f"{collection.name}_{version.number}", (collection.name, version.number)
    if version.state in ("built", "retired"):
        built = version.state == "built"
        st.button(
            _("Switch to it") if built else _("Go back to it"),
            icon=":material/swap_horiz:" if built else ":material/history:",
            key=f"corpora_activate_{key}",
            type="primary" if built else "secondary",
            disabled=busy or (built and not (detail.report is None or detail.report.complete)),
            on_click=errors.kept(_activate),
            args=args,
            help=_("What was uploaded and deleted since is caught up with first. Questions go on meanwhile."),
        )
    if version.state == "building":
        st.button(
            _("Cancel"), icon=":material/close:", key=f"corpora_discard_{key}", on_click=errors.kept(_discard),
            args=args,
        )  # fmt: skip
    elif version.state != "active":
        told = _("Remove this version for good")
        if st.button(
            "", icon=":material/delete:", key=f"corpora_discard_{key}", type="tertiary", disabled=busy, help=told
        ):
            st.dialog(_("Remove version %(version)s?", version=version.number))(_confirm)(*args)


def _confirm(name: str, number_: int) -> None:
    st.caption(_("Its passages and vectors are removed for good. It can then no longer be switched to."))
    if st.button(_("Remove"), type="primary", icon=":material/delete:", key="corpora_discard_sure"):
        with errors.shown():
            _discard(name, number_)
            st.toast(_("Version %(version)s is removed in the background.", version=number_), icon=":material/check:")
            st.rerun()


def _activate(name: str, number_: int) -> None:
    session.put(followed(name), session.services().versions.activate(session.principal(), name, number_))


def _discard(name: str, number_: int) -> None:
    session.services().versions.discard(session.principal(), name, number_)
