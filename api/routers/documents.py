"""Documents: upload, progress, listing, originals, page images, deletion."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Annotated, BinaryIO
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Response, UploadFile
from fastapi.responses import StreamingResponse

from api.corpora_schemas import DocumentOut, FindingOut, HeldOut, JobStartedOut, RemovedOut, UploadOut
from api.dependencies import CurrentPrincipal, CurrentServices
from api.described import Responses, files, says
from api.inputs import Number, Short, Storable
from core.entities.corpora import Stage
from services.files.blobs import PIECE
from services.files.intake import CEILING
from services.files.zips import is_archive

_FORM_BYTES = 1 << 20  # what a form has around its file
_UPLOADED: Responses = {
    200: {"model": UploadOut, "description": "These bytes are there already."},
    **says(404, 409, 415),
}
router = APIRouter(prefix="/documents", tags=["documents"], max_body_size=CEILING + _FORM_BYTES)


async def _in_turn(services: CurrentServices) -> None:
    await asyncio.sleep(services.pacing.wait())  # on the loop: a thread is taken when the turn has come


@router.post("", status_code=202, responses=_UPLOADED, dependencies=[Depends(_in_turn)])
def upload_document(
    file: UploadFile,
    principal: CurrentPrincipal,
    services: CurrentServices,
    response: Response,
    collection: Annotated[Short, Form()] = "documents",
) -> UploadOut:
    """Stores the file and starts its indexing; follow the document's `stage` until it is `ready` or `failed`.

    A ZIP is expanded by the job, whose result counts what was added, known and refused.
    """
    if is_archive(file.filename or ""):
        run = services.archives.start(principal, file.filename or "", file.file, collection)
        return UploadOut(document_id=None, job_id=run)
    upload = services.documents.upload(principal, file.filename or "", file.file, collection)
    response.status_code = 202 if upload.created else 200
    return UploadOut(document_id=upload.document.id, job_id=upload.job_id)


@router.get("")
def list_documents(
    principal: CurrentPrincipal,
    services: CurrentServices,
    response: Response,
    collection: Annotated[Short | None, Query()] = None,
    q: Annotated[Short | None, Query(description="A part of the title or the file name.")] = None,
    stage: Annotated[list[Stage] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> list[DocumentOut]:
    """Newest first; the header X-Total-Count says how many match."""
    found, total = services.documents.list(
        principal, collection=collection, text=q, stages=stage, limit=limit, offset=offset
    )
    response.headers["X-Total-Count"] = str(total)
    return [DocumentOut.of(document) for document in found]


@router.get("/quarantine")
def list_quarantine(principal: CurrentPrincipal, services: CurrentServices) -> list[HeldOut]:
    """Documents that wait until an administrator has looked at what was found in them."""
    return [HeldOut.model_validate(held) for held in services.quarantine.waiting(principal)]


@router.get("/{document_id}/findings")
def list_findings(document_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> list[FindingOut]:
    """Hidden text and orders to a model that were found in the document."""
    return [FindingOut.model_validate(found) for found in services.quarantine.findings(principal, document_id)]


@router.post("/{document_id}/release", status_code=202, responses=says(409))
def release_document(document_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> JobStartedOut:
    """Lets a document out of quarantine, without the text that it hides."""
    return JobStartedOut(job_id=services.quarantine.release(principal, document_id))


@router.post("/{document_id}/reject", responses=says(409))
def reject_document(document_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> RemovedOut:
    """Deletes a document that is in quarantine."""
    return RemovedOut.of(services.quarantine.reject(principal, document_id))


@router.post("/{document_id}/cancel", status_code=204, responses=says(409))
def cancel_document(document_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> None:
    """Stops the work on a document; what is done stays for going on."""
    services.ledger.cancel(principal, document_id)


@router.post("/{document_id}/retry", status_code=202, responses=says(409))
def retry_document(document_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> JobStartedOut:
    """Goes on with a document that failed or was cancelled, from the last batch that was saved."""
    return JobStartedOut(job_id=services.ledger.retry(principal, document_id))


@router.get("/{document_id}")
def get_document(document_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> DocumentOut:
    """What it is and how far it is: `done` of `total` passages, and the `error` of one that failed."""
    return DocumentOut.of(services.documents.get(principal, document_id))


@router.get("/{document_id}/file", response_class=Response, responses=files("*/*"))
def download_document(document_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> StreamingResponse:
    """The bytes as they were uploaded, always as a download: an HTML file must not run on our origin."""
    document, stream = services.documents.open(principal, document_id)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(document.filename)}",
        "Content-Length": str(document.size),
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(_pieces(stream), media_type=document.media_type, headers=headers)


@router.get("/{document_id}/pages/{page}", response_class=Response, responses=files("image/png"))
def get_page_image(
    document_id: UUID,
    page: Number,
    principal: CurrentPrincipal,
    services: CurrentServices,
    passage: Annotated[Storable, Query(max_length=4000)] = "",
) -> Response:
    """A page of a PDF as PNG, with `passage` marked where it stands."""
    image = services.documents.page_image(principal, document_id, page, passage)
    return Response(image, media_type="image/png", headers={"Cache-Control": "private, max-age=300"})


@router.delete("/{document_id}", responses=says(409))
def delete_document(document_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> RemovedOut:
    """Says what was removed from where; afterwards no search finds anything of it."""
    return RemovedOut.of(services.documents.delete(principal, document_id))


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while piece := stream.read(PIECE):
            yield piece
