"""The verification report of a version as people read it: checks, a comparison with before, and what was taken over."""

from __future__ import annotations

import streamlit as st

from components.corpora import compared
from components.corpora import words as corpus_words
from components.i18n import N_, _, date_time, duration, ngettext, number, percent, stored
from components.markup import plain
from core.entities.versions import Figures, VersionDetail, VersionReport

_COMPARED = (
    ("documents", N_("Documents")),
    ("chunks", N_("Passages")),
    ("vectors", N_("Vectors")),
    ("tokens", N_("Tokens of a passage, on average")),
)


def draw(detail: VersionDetail) -> None:
    report = detail.report
    if report is None:
        return
    for check in report.checks:
        icon, color = (":material/check_circle:", "green") if check.passed else (":material/cancel:", "red")
        figures = corpus_words.check(check)
        st.markdown(f":{color}[{icon}] {_(corpus_words.CHECKS[check.name])}" + (f" · {figures}" if figures else ""))
    if report.before is not None:
        _comparison(report, report.before)
    if report.golden is not None:
        named = ", ".join(f"{name} {number(value, 3)}" for name, value in report.golden.figures.items())
        st.caption(ngettext("%(n)s golden question", "%(n)s golden questions", report.golden.questions) + f": {named}")
        if report.golden.reason and not report.golden.passed:
            st.markdown(f":red[{plain(stored(report.golden.reason))}]")
    _taken_over(detail)
    st.caption(plain(_made(report)))


def _comparison(report: VersionReport, before: Figures) -> None:
    figures = [(_(title), getattr(before, name), getattr(report.after, name)) for name, title in _COMPARED]
    compared.draw(f"report_{report.after.number}", figures, _("Before: %(n)s"))
    if report.overlap is not None:
        st.caption(
            _(
                "For %(asked)s sampled questions both versions bring up the same documents to %(share)s.",
                asked=number(report.compared),
                share=percent(report.overlap),
            )
        )


def _taken_over(detail: VersionDetail) -> None:
    if not detail.taken_over:
        return
    count = len(detail.taken_over)
    said = ngettext(
        "%(n)s file could not be read again. Its passages are those of the version before:",
        "%(n)s files could not be read again. Their passages are those of the version before:",
        count,
    )
    lines = [f"- **{plain(one.title)}**: {plain(stored(one.reason))}" for one in detail.taken_over]
    st.warning("\n".join([said, *lines]), icon=":material/file_copy_off:")


def _made(report: VersionReport) -> str:
    return _(
        "Checked %(when)s after %(time)s of building; %(reused)s vectors were taken over, %(embedded)s made anew.",
        when=date_time(report.made_at),
        time=duration(report.seconds),
        reused=number(report.reused),
        embedded=number(report.embedded),
    )
