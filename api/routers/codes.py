"""One-time codes and the accounts that are made with them: the calls that need no sign-in."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter

from api.dependencies import CurrentClient, CurrentServices
from api.described import says
from api.registration_schemas import CodeIn, CodeSentOut, ProofOut, RegisteredOut, RegistrationIn, VerifyIn
from core.entities.people import UserStatus
from services.identity.codes import PROOF_LASTS

router = APIRouter(tags=["account"])


@router.post("/generate-code", status_code=202, responses=says(429))
def generate_code(body: CodeIn, services: CurrentServices, client: CurrentClient) -> CodeSentOut:
    """Mails six digits to the address. The answer is the same whether or not it has an account; its owner is then told
    so by mail. 429 within 60 s of the last code, and beyond five an hour."""
    sent = services.codes.send(body.email, body.language, client)
    return CodeSentOut(expires_in=sent.expires_in, resend_in=sent.resend_in)


@router.post("/verify-code", responses=says(429))
def verify_code(body: VerifyIn, services: CurrentServices, client: CurrentClient) -> ProofOut:
    """Exchanges the code for a proof that the mailbox is the caller's. 400 for a wrong code, for one that is older than
    ten minutes or was used, and after five tries."""
    proof = services.codes.verify(body.email, body.code, client)
    return ProofOut(proof=proof, expires_in=int(PROOF_LASTS.total_seconds()))


@router.post("/register", status_code=201, responses=says(403, 409, 429))
def register_account(body: RegistrationIn, services: CurrentServices, client: CurrentClient) -> RegisteredOut:
    """Makes an account with a proof. `active` may sign in at once, `pending` waits for an administrator."""
    enrolment = services.enrolment
    new = enrolment.prepare(body.email, body.name, body.password, body.language, client)
    niche = services.registration.known_niche(body.niche) if body.niche else ""
    enrolled = enrolment.enrol(replace(new, city=body.city.strip(), niche=niche), client, body.proof)
    return RegisteredOut(status="active" if enrolled.status is UserStatus.ACTIVE else "pending")
