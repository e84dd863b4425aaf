"""What the reconciler found when it compared files, passages, vectors and words, and the button that makes it look."""

from __future__ import annotations

import streamlit as st

from components import errors, job_progress, session, tables
from components.corpora import words as corpus_words
from components.i18n import _, ago, number
from core.entities.corpora import Collection
from core.entities.people import Principal
from core.entities.versions import Finding, Reconciliation
from core.roles import Permission

_CHECKS = 10  # that are listed


def render(who: Principal, collection: Collection) -> None:
    st.caption(
        _(
            "Every night files, passages, vectors and words are compared with each other, both ways; what is missing "
            "is made again and what belongs to nothing is removed."
        )
    )
    services = session.services()
    if services.reconciling.running(who, collection.name):
        job_progress.draw(lambda: [_progress(collection)])
    elif who.may(Permission.CORPORA_MANAGE):
        st.button(
            _("Check now"),
            icon=":material/troubleshoot:",
            key=f"corpora_check_{collection.name}",
            on_click=errors.kept(_start),
            args=(collection.name,),
        )
    checks = services.reconciling.latest(who, collection.name, _CHECKS)
    if not checks:
        st.info(_("Nothing was checked yet."), icon=":material/info:")
        return
    _last(checks[0])
    if house := services.reconciling.latest_of_house(who):
        st.markdown(f"**{_('What belongs to no collection')}**")
        _last(house)
    if len(checks) > 1:
        with st.expander(_("Earlier checks"), icon=":material/history:"):
            _earlier(checks[1:])


def _start(name: str) -> None:
    session.services().reconciling.start(session.principal(), name)


def _progress(collection: Collection) -> job_progress.Progress:
    who = session.principal()
    run_id = session.services().reconciling.running(who, collection.name)
    if run_id is None:
        return job_progress.Progress("", "", 0, 0, collection.version.created_at, ended=True)
    run = session.services().documents.job(who, run_id)
    return job_progress.Progress(_("Check"), _("comparing"), run.done, run.total, run.created_at)


def _last(check: Reconciliation) -> None:
    counts = ", ".join(
        f"{title} {number(check.compared[name])}" for name, title in _compared() if name in check.compared
    )
    said = _("Checked %(when)s: %(counts)s.", when=ago(check.at), counts=counts)
    if not check.findings:
        st.success(f"{said} {_('Everything agrees.')}", icon=":material/check_circle:")
        return
    show = st.success if check.sound else st.warning
    show(f"{said} {_('All of it was mended.') if check.sound else ''}", icon=":material/build:")
    columns = [
        tables.Column("what", _("What")),
        tables.Column("version", _("Version"), "number", "small"),
        tables.Column("count", _("Found"), "number", "small"),
        tables.Column("mended", _("Mended"), "number", "small"),
        tables.Column("examples", _("For example"), width="large"),
    ]
    tables.draw(f"corpora_findings_{check.collection_id or 'house'}", columns, [_row(one) for one in check.findings])


def _row(finding: Finding) -> tables.Row:
    return {
        "what": _(corpus_words.FINDINGS.get(finding.kind, finding.kind)),
        "version": finding.version,
        "count": finding.count,
        "mended": finding.mended,
        "examples": ", ".join(finding.examples),
    }


def _earlier(checks: list[Reconciliation]) -> None:
    columns = [
        tables.Column("at", _("Time"), "time"),
        tables.Column("found", _("Found"), "number"),
        tables.Column("mended", _("Mended"), "number"),
    ]
    rows: list[tables.Row] = [
        {
            "at": one.at,
            "found": sum(finding.count for finding in one.findings),
            "mended": sum(finding.mended for finding in one.findings),
        }
        for one in checks
    ]
    tables.draw("corpora_earlier", columns, rows)


def _compared() -> tuple[tuple[str, str], ...]:
    return (
        ("documents", _("Documents")),
        ("chunks", _("Passages")),
        ("vectors", _("Vectors")),
        ("tables", _("Spreadsheets")),
        ("files", _("Files")),
    )
