"""Niche analytics: import, search, dashboards, questions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, UploadFile

from api.corpora_schemas import JobStartedOut
from api.dependencies import CurrentPrincipal, CurrentServices
from api.described import says
from api.inputs import Short, Storable
from api.niche_schemas import AnswerOut, DashboardOut, NicheOut, NichesOut, QuestionIn
from services.niches.analytics import MOST_FOUND
from services.niches.imports import LIMIT, parse_correction

_FORM_BYTES = 1 << 20  # what a form has around its file
router = APIRouter(prefix="/niches", tags=["niches"], max_body_size=LIMIT + _FORM_BYTES)


@router.post("/import", status_code=202, responses=says(415))
def import_niches(
    file: UploadFile,
    principal: CurrentPrincipal,
    services: CurrentServices,
    mapping: Annotated[
        Storable | None, Form(description="JSON that corrects the guessed roles of the columns.")
    ] = None,
    dry_run: Annotated[bool, Form(description="Counts and row errors only; nothing is kept.")] = False,
) -> JobStartedOut:
    """Starts the import of a CSV, XLSX or Markdown file; the job's result has the counts. For administrators."""
    correction = parse_correction(mapping)
    run = services.niche_import.start(principal, file.filename or "", file.file, correction, dry_run=dry_run)
    return JobStartedOut(job_id=run)


@router.get("")
def find_niches(
    principal: CurrentPrincipal,
    services: CurrentServices,
    q: Annotated[Storable, Query(max_length=1_000, description="Any wording. Without it, niches by chance.")] = "",
    k: Annotated[int, Query(ge=1, le=MOST_FOUND)] = 10,
) -> NichesOut:
    """A shortlist, best first."""
    found = services.niches.find(principal, q, k) if q.strip() else services.niches.random(principal, k)
    return NichesOut(niches=[NicheOut.of(hit) for hit in found[:k]])


@router.post("/ask", responses=says(404, 429))
def ask_niches(body: QuestionIn, principal: CurrentPrincipal, services: CurrentServices) -> AnswerOut:
    """A question in English or Russian: the plan and the SQL that answer it, and the answer. What the grammar cannot
    read a language model is asked for, where there is one; what cannot be answered has a `refusal` with the closest
    choices."""
    return AnswerOut.of(services.niches.questions.ask(principal, body.question))


@router.get("/{niche_id}")
def get_niche(
    niche_id: Short,
    principal: CurrentPrincipal,
    services: CurrentServices,
    region: Annotated[Short, Query(description="The title of a region; without it all of them together.")] = "",
) -> DashboardOut:
    """The dashboard of a niche: its figures with rank and percentile, and by region."""
    return DashboardOut.of(services.niches.dashboard(principal, niche_id, region))
