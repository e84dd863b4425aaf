"""What sources, their runs and their schedules are called."""

from __future__ import annotations

from components.i18n import N_, _, ago, date_time, number, stored
from core.entities.sources import RunStatus, Source, SourceKind, SourceRun

KINDS = {
    SourceKind.FOLDER: (N_("Folder"), "folder"),
    SourceKind.DATABASE: (N_("Database"), "database"),
    SourceKind.REST: (N_("REST endpoint"), "api"),
    SourceKind.WEB: (N_("Web pages"), "public"),
}
STATUSES = {
    RunStatus.WAITING: (N_("waits"), "gray"),
    RunStatus.RUNNING: (N_("is being read"), "orange"),
    RunStatus.DONE: (N_("read"), "green"),
    RunStatus.HELD: (N_("asks you"), "orange"),
    RunStatus.FAILED: (N_("failed"), "red"),
    RunStatus.CANCELLED: (N_("cancelled"), "gray"),
}
INTERVALS = {
    0: N_("only by hand"),
    1: N_("every minute"),
    15: N_("every 15 minutes"),
    60: N_("every hour"),
    360: N_("every 6 hours"),
    1440: N_("every day"),
    10080: N_("every week"),
}


def interval(minutes: int) -> str:
    """0: only when somebody starts it."""
    known = INTERVALS.get(minutes)
    return _(known) if known else _("every %(n)s minutes", n=number(minutes))


def schedule(source: Source) -> str:
    """How often it is read, and when next."""
    said = interval(source.interval_minutes or 0)
    return _("%(how_often)s, next %(when)s", how_often=said, when=date_time(source.due_at)) if source.due_at else said


def counts(run: SourceRun) -> str:
    """What the run did, in figures; without those that are 0, but for what was unchanged."""
    told = (
        (_("new: %(n)s", n=number(run.added)), run.added),
        (_("changed: %(n)s", n=number(run.changed)), run.changed),
        (_("removed: %(n)s", n=number(run.removed)), run.removed),
        (_("failed: %(n)s", n=number(run.failed)), run.failed),
        (_("unchanged: %(n)s", n=number(run.unchanged)), 1),
    )
    return " · ".join(sentence for sentence, count in told if count)


def status(run: SourceRun) -> str:
    """A badge in Markdown."""
    word, color = STATUSES[run.status]
    return f":{color}-badge[{_(word)}]"


def when(run: SourceRun) -> str:
    return ago(run.ended_at or run.started_at or run.created_at)


def problem(sentence: str) -> str:
    return stored(sentence)
