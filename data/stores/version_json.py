"""Reports of versions and of reconciliations as JSON and back; they hold ids and numbers, never texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from core.entities.versions import Check, Figures, Finding, GoldenOutcome, VersionReport


def report_body(report: VersionReport) -> dict[str, Any]:
    return asdict(report) | {"made_at": report.made_at.isoformat()}


def report_of(body: Mapping[str, Any]) -> VersionReport | None:
    """None for the version of a new collection, which nothing was checked of."""
    if not body:
        return None
    before, golden = body["before"], body["golden"]
    return VersionReport(
        **{
            **body,
            "made_at": datetime.fromisoformat(body["made_at"]),
            "before": Figures(**before) if before else None,
            "after": Figures(**body["after"]),
            "checks": tuple(Check(**check) for check in body["checks"]),
            "golden": GoldenOutcome(**golden) if golden else None,
        }
    )


def findings_body(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    return [asdict(finding) for finding in findings]


def findings_of(body: Sequence[Mapping[str, Any]]) -> tuple[Finding, ...]:
    return tuple(Finding(**{**one, "examples": tuple(one["examples"])}) for one in body)
