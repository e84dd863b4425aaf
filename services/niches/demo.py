"""The demo set of niches: loaded once, and anew when a release changes it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from data.database import Database
from niches import deriving
from services.niches.import_job import DEMO, Progress, embed_titles
from services.niches.imports import QUEUE

_DATASET: dict[str, Any] = {
    "name": DEMO,
    "title": "Demo data",
    "title_ru": "Демоданные",
    "source": "Generated for demonstration",
    "as_of": "",
    "demo": True,
}


class NicheDemo:
    def __init__(self, db: Database) -> None:
        self._db = db

    def ensure(self) -> UUID | None:
        """Puts the loading of the demo set into the queue unless it is there as it would be made; the job run's id."""
        content = _content()
        with self._db.begin() as tx:
            last = tx.niche_imports.last_of(DEMO)
            if (last is not None and last.sha256 == content) or tx.jobs.waiting("load_demo_niches"):
                return None
            run = tx.jobs.start("load_demo_niches")
            tx.jobs.defer("load_demo_niches", queue=QUEUE, lock="niches", run_id=run)
        return run

    def load(self, run_id: UUID) -> None:
        """Makes the demo set anew, all of it in one transaction."""
        from niches.demo import figures  # it reads the catalogue

        niches = figures.load()
        with self._db.begin() as progress:
            progress.jobs.update(run_id, status="running", total=len(niches))
        watch = Progress(self._db, run_id, len(niches))
        with self._db.begin() as tx:
            tx.niche_imports.lock()
            tx.niche_imports.drop_dataset(DEMO)
            import_id = tx.niche_imports.start(DEMO, _content(), {}, None, demo=True)
            tx.niche_staging.niches(map(figures.niche_draft, niches))
            tx.niche_staging.series(
                (one.id, metric, region, values)
                for one in watch.watch(niches)
                for metric, region, values in figures.series(one)
            )
            dataset_id = tx.niche_merging.merge(import_id, _DATASET, figures.metrics()[:6], periods=figures.MONTHS)
            tx.niche_merging.name_regions(
                dataset_id, [(one.title, one.title_ru, one.aliases) for one in figures.REGIONS]
            )
            counts = deriving.complete(tx, dataset_id, import_id, _DATASET)
            tx.niche_imports.finish(import_id, "applied", counts)
            tx.jobs.update(run_id, status="done", done=len(niches), result=counts)
        embed_titles(self._db)


def _content() -> str:
    from niches.demo import figures

    return figures.fingerprint(figures.load())
