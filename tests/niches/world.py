"""A database with the shared niche files and the demo set, and the same figures as pandas frames, read on their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pandas as pd

from core.entities.corpora import JobRun
from core.entities.people import Principal
from core.roles import Role
from services.container import Services
from tests.shared import SHARED_DATA

FILES = SHARED_DATA / "niches"
ADMIN = Principal(role=Role.ADMIN)
SALES = Principal(role=Role.SALES)


def import_file(
    services: Services,
    name: str,
    content: bytes | None = None,
    mapping: Mapping[str, Any] | None = None,
    *,
    dry_run: bool = False,
) -> JobRun:
    """Imports a shared file (or `content` under its name) as the job does; the run when it has ended."""
    import io

    stream = io.BytesIO(content if content is not None else (FILES / name).read_bytes())
    run_id = services.niche_import.start(ADMIN, name, stream, mapping, dry_run=dry_run)
    services.niche_import_job.run(run_id, UUID(job(services, run_id).result["import_id"]))
    return job(services, run_id)


def job(services: Services, run_id: UUID) -> JobRun:
    with services.db.begin() as tx:
        return tx.jobs.find(ADMIN, run_id)


def load_demo(services: Services) -> JobRun:
    run_id = services.niche_demo.ensure()
    assert run_id is not None
    services.niche_demo.load(run_id)
    return job(services, run_id)


def wide() -> Any:
    """The national figures with the derived metrics, computed here."""
    frame = pd.read_csv(FILES / "us_niches_2018.csv", dtype={"naics": str})
    frame["employees_per_establishment"] = frame.employees / frame.establishments
    frame["payroll_per_employee_kusd"] = frame.payroll_kusd / frame.employees
    return frame


def metros() -> Any:
    return pd.read_csv(FILES / "us_niches_2018_metros.csv", dtype={"naics": str})


def demo() -> Any:
    """One row per demo niche, region and month, from the generator alone."""
    from niches.demo import figures

    rows: dict[tuple[str, str, Any], dict[str, Any]] = {}
    for niche in figures.load():
        for metric, region, values in figures.series(niche):
            if region:
                for month, value in zip(figures.MONTHS, values, strict=True):
                    key = (niche.id, region, month)
                    rows.setdefault(key, {"id": niche.id, "title": niche.en.title, "title_ru": niche.ru.title, "sector": niche.en.sector, "sector_ru": niche.ru.sector, "region": region, "month": month})[metric] = value  # fmt: skip  # noqa: E501
    frame = pd.DataFrame(rows.values())
    return frame.assign(at=[f"{month:%Y-%m}" for month in frame.month])
