"""Speech: a recording becomes text, and an answer becomes sound."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import CurrentPrincipal, CurrentServices
from api.described import files, says
from api.inputs import Input, Short, Storable
from services.voice.servers import MP3
from services.voice.talking import MOST_BYTES

_FORM_BYTES = 1 << 20  # what a form has around its file
router = APIRouter(prefix="/voice", tags=["voice"], max_body_size=MOST_BYTES + _FORM_BYTES)


class TranscriptOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    text: str = Field(description="Empty where nobody speaks.")
    language: str = Field(description="A code such as `en`; empty where nobody could tell.")
    seconds: float = Field(description="How long the recording is.")
    by: str = Field(description="`whisper`, a model on this machine, or `server`.")


class SpeakIn(Input):
    text: Annotated[
        Storable,
        Field(max_length=100_000, description="An answer; citations, markup and addresses are not read aloud."),
    ]


@router.post("/transcribe", responses=says(429, 502, 504))
def transcribe_recording(
    file: UploadFile,
    principal: CurrentPrincipal,
    services: CurrentServices,
    language: Annotated[Short, Form(description="`en`, `ru`, or `auto`.")] = "auto",
) -> TranscriptOut:
    """What is said in an audio file: WAV, MP3, M4A, OGG, WebM or FLAC. The recording is not kept."""
    return TranscriptOut.model_validate(services.voice.transcribe(principal, file.file, language))


@router.post("/speak", response_class=Response, responses={**files(MP3), **says(429, 502, 504)})
def speak_answer(body: SpeakIn, principal: CurrentPrincipal, services: CurrentServices) -> Response:
    """The answer read aloud; 503 where no voice is set up."""
    speech = services.voice.speak(principal, body.text)
    return Response(speech.audio, media_type=speech.media_type, headers={"Cache-Control": "no-store"})
