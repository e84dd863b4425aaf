"""Golden sets of collections and their runs."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response, UploadFile

from api.dependencies import CurrentPrincipal, CurrentServices
from api.described import files, says
from api.evaluation_schemas import (
    ComparisonOut,
    EvaluationIn,
    EvaluationOut,
    EvaluationStartedOut,
    GoldenIn,
    GoldenOut,
    ImportedOut,
)
from api.inputs import Name
from services.retrieval.golden_files import MOST_BYTES

_FORM_BYTES = 1 << 20  # what a form has around its file
router = APIRouter(prefix="/collections/{name}", tags=["evaluation"], max_body_size=MOST_BYTES + _FORM_BYTES)


@router.get("/golden")
def list_golden(
    name: Name,
    principal: CurrentPrincipal,
    services: CurrentServices,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> list[GoldenOut]:
    """Open ones first, then the newest; the header X-Total-Count says how many there are."""
    found = services.golden.list(principal, name)
    response.headers["X-Total-Count"] = str(len(found))
    return [GoldenOut.of(one) for one in found[offset : offset + limit]]


@router.post("/golden", status_code=201)
def add_golden(name: Name, body: GoldenIn, principal: CurrentPrincipal, services: CurrentServices) -> GoldenOut:
    """One question; the same one again is the one that is there. For administrators."""
    return GoldenOut.of(services.golden.add(principal, name, body.entity()))


@router.post("/golden/import")
def import_golden(name: Name, file: UploadFile, principal: CurrentPrincipal, services: CurrentServices) -> ImportedOut:
    """A SQuAD file, JSON lines or CSV: all of it or, when a question cannot be used, none."""
    done = services.golden.import_file(principal, name, file.filename or "", file.file)
    return ImportedOut.model_validate(done)


@router.get("/golden/export", response_class=Response, responses=files("application/jsonl", "text/csv"))
def export_golden(
    name: Name,
    principal: CurrentPrincipal,
    services: CurrentServices,
    form: Literal["jsonl", "csv"] = "jsonl",
) -> Response:
    """The whole set as a file that can be imported again."""
    kind = {"jsonl": "application/jsonl", "csv": "text/csv"}[form]
    return Response(services.golden.export(principal, name, form), media_type=kind)


@router.delete("/golden/{question_id}", status_code=204)
def remove_golden(name: Name, question_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> None:
    """With what runs said of it. For administrators."""
    services.golden.remove(principal, name, [question_id])


@router.get("/evaluations")
def list_evaluations(name: Name, principal: CurrentPrincipal, services: CurrentServices) -> list[EvaluationOut]:
    """The last 50 runs, newest first."""
    return [EvaluationOut.of(run) for run in services.evaluation.runs(principal, name)]


@router.post("/evaluations", status_code=202, responses=says(409))
def start_evaluation(
    name: Name, body: EvaluationIn, principal: CurrentPrincipal, services: CurrentServices
) -> EvaluationStartedOut:
    """Measures the golden set. Where version or settings differ from what is in use, that is measured too."""
    settings = body.settings.entity() if body.settings else None
    made = services.evaluation.start(principal, name, body.version, settings, apply=body.apply)
    run = services.evaluation.get(principal, name, made)
    return EvaluationStartedOut(evaluation_id=made, job_id=run.job.id)


@router.get("/evaluations/{evaluation_id}")
def get_evaluation(
    name: Name, evaluation_id: UUID, principal: CurrentPrincipal, services: CurrentServices
) -> EvaluationOut:
    """A run as it stands, with its measures once it is done."""
    return EvaluationOut.of(services.evaluation.get(principal, name, evaluation_id))


@router.delete("/evaluations/{evaluation_id}", status_code=204, responses=says(409))
def cancel_evaluation(name: Name, evaluation_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> None:
    """Cancels a run that is going, removes one that has ended."""
    if services.evaluation.get(principal, name, evaluation_id).job.status in ("waiting", "running"):
        services.evaluation.cancel(principal, name, evaluation_id)
    else:
        services.evaluation.remove(principal, name, evaluation_id)


@router.get("/evaluations/{evaluation_id}/comparison")
def compare_evaluations(
    name: Name, evaluation_id: UUID, before: UUID, principal: CurrentPrincipal, services: CurrentServices
) -> ComparisonOut:
    """The run against the run `before`, with the questions whose rank changed."""
    return ComparisonOut.of(services.evaluation.comparison(principal, name, before, evaluation_id))
