"""Runs of a golden set: starting one, its progress, and the table of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import streamlit as st

from components import collection_titles, errors, job_progress, session, tables
from components.corpora import retrieval_form
from components.i18n import N_, _, date_time, ngettext, stored
from components.markup import plain
from core.entities.corpora import Collection, CollectionVersion
from core.entities.evaluation import Evaluation, GoldenCount, RetrievalSettings
from core.entities.people import Principal
from core.roles import Permission

STATES = {
    "waiting": N_("waits"),
    "running": N_("being measured"),
    "done": N_("done"),
    "failed": N_("failed"),
    "cancelled": N_("cancelled"),
}
PURPOSES = {"measure": N_("measured"), "apply": N_("to save settings"), "gate": N_("gate before a publish")}
_SETTINGS = "evaluation_settings"


def draw(who: Principal, collection: Collection, count: GoldenCount) -> None:
    runs = session.services().evaluation.runs(who, collection.name)
    going = next((run for run in runs if run.job.status in ("waiting", "running")), None)
    manages = who.may(Permission.CORPORA_MANAGE)
    if going is not None:
        _progress(collection, going, manages=manages)
    elif manages and count.total:
        _start(who, collection, count)
    _outcome(runs)
    if not runs:
        st.caption(_("Nothing has been measured yet."))
        return
    _table(runs)
    if manages:
        _remove(collection, [run for run in runs if run.job.status not in ("waiting", "running")])


def label(run: Evaluation) -> str:
    """How a run is called where one is chosen: what runs differ in comes first, a narrow field cuts off the rest."""
    version = _("Version %(version)s", version=run.version)
    return f"{version} · {retrieval_form.short_summary(run.settings)} · {date_time(run.job.created_at)}"


def _start(who: Principal, collection: Collection, count: GoldenCount) -> None:
    details = session.services().versions.list(who, collection.name)
    versions = {one.version.number: one.version for one in details if one.version.state != "failed"}
    in_use = session.services().lab.settings(who, collection.name)
    with st.container(border=True, key="evaluation_start"):
        number = st.selectbox(
            _("Version"), list(versions), index=list(versions).index(collection.version.number),
            format_func=lambda one: _version(versions[one], collection), key="evaluation_version",
        )  # fmt: skip
        with st.expander(_("Other settings than the collection's"), icon=":material/tune:"):
            settings = retrieval_form.draw(f"{_SETTINGS}_{collection.name}", in_use)
        st.button(
            ngettext("Measure %(n)s question", "Measure %(n)s questions", count.total), type="primary",
            icon=":material/play_arrow:", key="evaluation_run", on_click=errors.kept(_run),
            args=(collection.name, number, settings),
        )  # fmt: skip


def _version(version: CollectionVersion, collection: Collection) -> str:
    name = _("Version %(version)s", version=version.number)
    parts = [name, version.fingerprint.model, *([_("active")] if version.id == collection.version.id else [])]
    return " · ".join(parts)


def _run(name: str, version: int, settings: RetrievalSettings) -> None:
    session.services().evaluation.start(session.principal(), name, version, settings)


def _progress(collection: Collection, run: Evaluation, *, manages: bool) -> None:
    def load() -> list[job_progress.Progress]:
        job = session.services().evaluation.get(session.principal(), collection.name, run.id).job
        return [
            job_progress.Progress(
                title=collection_titles.title(collection),
                stage=_(STATES[job.status]),
                done=job.done,
                total=job.total,
                started_at=job.created_at,
                ended=job.status in ("done", "failed", "cancelled"),
            )
        ]

    job_progress.draw(load)
    if manages:
        st.button(
            _("Cancel"), icon=":material/stop_circle:", key="evaluation_cancel", on_click=errors.kept(_cancel),
            args=(collection.name, run.id),
        )  # fmt: skip


def _cancel(name: str, run_id: UUID) -> None:
    session.services().evaluation.cancel(session.principal(), name, run_id)


def _outcome(runs: Sequence[Evaluation]) -> None:
    """What became of the last one, where there is something to say."""
    last = next(iter(runs), None)
    if last is None:
        return
    if last.job.status == "failed":
        st.error(plain(stored(last.job.error)) or _("This run failed."), icon=":material/error:")
    elif last.job.status == "cancelled":
        st.caption(_("The last run was cancelled."))
    elif last.note:
        st.info(stored(last.note), icon=":material/tune:")


def _table(runs: Sequence[Evaluation]) -> None:
    columns = [
        tables.Column("at", _("Started"), "time"),
        tables.Column("version", _("Version"), "number"),
        tables.Column("settings", _("Settings")),
        tables.Column("state", _("State")),
        *(tables.Column(key, title, "number") for key, title in MEASURES.items()),
        tables.Column("questions", _("Questions"), "number"),
        tables.Column("p50", _("p50, ms"), "number"),
        tables.Column("p95", _("p95, ms"), "number"),
        tables.Column("purpose", _("What for")),
        tables.Column("author", _("By")),
    ]
    tables.draw("evaluation_runs", columns, [_row(run) for run in runs])


MEASURES = {
    "recall_1": "recall@1",
    "recall_5": "recall@5",
    "recall_10": "recall@10",
    "mrr_10": "MRR@10",
    "ndcg_10": "nDCG@10",
}


def _row(run: Evaluation) -> tables.Row:
    row: dict[str, tables.Cell] = {
        "at": run.job.created_at,
        "version": run.version,
        "state": _(STATES[run.job.status]),
        "settings": retrieval_form.short_summary(run.settings),
        "purpose": _(PURPOSES[run.purpose]),
        "author": run.author,
    }
    if run.measures:
        all_ = run.measures[""]
        row |= {key: round(getattr(all_, key).mean, 3) for key in MEASURES}
        row |= {"questions": all_.questions, "p50": round(all_.p50_ms, 1), "p95": round(all_.p95_ms, 1)}
    return row


def _remove(collection: Collection, runs: list[Evaluation]) -> None:
    if not runs:
        return
    with st.popover(_("Remove a run"), icon=":material/delete:"):
        chosen = st.selectbox(
            _("Run"), range(len(runs)), format_func=lambda place: label(runs[place]), key="evaluation_remove"
        )
        st.button(
            _("Remove"), key="evaluation_remove_run", icon=":material/delete:", on_click=errors.kept(_gone),
            args=(collection.name, runs[chosen or 0].id),
        )  # fmt: skip


def _gone(name: str, run_id: UUID) -> None:
    session.services().evaluation.remove(session.principal(), name, run_id)
