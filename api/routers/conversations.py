"""One's own conversations: list, read, change, throw away, share, export."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from api import shape
from api.chat_schemas import ChatIn, ChatOut
from api.conversation_schemas import (
    ConversationChangesIn,
    ConversationIn,
    ConversationOut,
    ConversationsOut,
    FeedbackIn,
    MessagesOut,
    ShareIn,
    ShareOut,
)
from api.dependencies import CurrentPrincipal, CurrentServices
from api.described import files
from api.inputs import Storable
from api.routers import chat
from core.entities.conversations import Shelf
from core.errors import BadInput

router = APIRouter(prefix="/conversations", tags=["conversations"])

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_EXPORTS = ("text/markdown", "application/json", "application/pdf", _DOCX)
Limit = Annotated[int, Query(ge=1, le=100)]


@router.post("", status_code=201)
def create_conversation(
    body: ConversationIn, principal: CurrentPrincipal, services: CurrentServices
) -> ConversationOut:
    """An empty one; a question without a conversation makes one too, with a title of its own."""
    return ConversationOut.of(services.conversations.create(principal, body.title))


@router.get("")
def list_conversations(
    principal: CurrentPrincipal,
    services: CurrentServices,
    status: Shelf = Shelf.ACTIVE,
    q: Annotated[Storable, Query(max_length=200, description="Words of a title or a message of one's own.")] = "",
    limit: Limit = 30,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> ConversationsOut:
    """Pinned ones first, then newest first. `q` searches titles and messages; `total` is then what was found."""
    if q.strip():
        return ConversationsOut.hits(services.conversations.search(principal, q, status, limit=limit))
    return ConversationsOut.page(*services.conversations.page(principal, status, limit=limit, offset=offset), status)


@router.get("/{conversation_id}")
def get_conversation(conversation_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> ConversationOut:
    """One's own, in the trash too, or one that a colleague shares."""
    thread = services.conversations.thread(principal, conversation_id, last=1)
    return ConversationOut.of(thread.conversation, shared=bool(thread.owner))


@router.patch("/{conversation_id}")
def change_conversation(
    conversation_id: UUID, body: ConversationChangesIn, principal: CurrentPrincipal, services: CurrentServices
) -> ConversationOut:
    """Renames, pins, archives, takes out of the trash, or shows another branch."""
    conversations = services.conversations
    if body.deleted is False:
        conversations.restore(principal, conversation_id)
    if body.title is not None:
        conversations.rename(principal, conversation_id, body.title)
    if body.archived is not None:
        conversations.archive(principal, conversation_id, body.archived)
    if body.pinned is not None:
        conversations.pin(principal, conversation_id, body.pinned)
    if body.message_id is not None:
        if services.turns.find(principal, body.message_id).conversation_id != conversation_id:
            raise BadInput("This message is of another conversation.")
        conversations.choose(principal, body.message_id)
    return ConversationOut.of(conversations.find(principal, conversation_id))


@router.delete("/{conversation_id}", status_code=204)
def delete_conversation(
    conversation_id: UUID,
    principal: CurrentPrincipal,
    services: CurrentServices,
    forever: Annotated[bool, Query(description="At once, without the 30 days in the trash.")] = False,
) -> None:
    """Into the trash for 30 days, or for good."""
    services.conversations.delete(principal, conversation_id, forever=forever)


@router.get("/{conversation_id}/messages")
def list_messages(
    conversation_id: UUID,
    principal: CurrentPrincipal,
    services: CurrentServices,
    last: Annotated[int, Query(ge=1, le=200)] = 50,
    above: UUID | None = None,
) -> MessagesOut:
    """The newest ones of the shown branch; turns of a shared conversation that the caller may not read are withheld."""
    return MessagesOut.of(services.conversations.thread(principal, conversation_id, last=last, above=above))


@router.post("/{conversation_id}/messages", response_model=ChatOut, responses=chat.ASKED)
async def ask_in_conversation(
    conversation_id: UUID, body: ChatIn, request: Request, principal: CurrentPrincipal, services: CurrentServices
) -> Any:
    """As `POST /api/chat` in this conversation."""
    asked = body.model_copy(update={"conversation_id": conversation_id})
    return await chat.chat(asked, request, principal, services)


@router.put("/{conversation_id}/messages/{message_id}/feedback", status_code=204)
def give_feedback(
    conversation_id: UUID,
    message_id: UUID,
    body: FeedbackIn,
    principal: CurrentPrincipal,
    services: CurrentServices,
) -> None:
    """Whether an answer helped, and why not. A second one stands in for the first."""
    services.conversations.find(principal, conversation_id)
    services.feedback.give(principal, message_id, body.helpful, body.reason, body.note)


@router.get("/{conversation_id}/export", response_class=Response, responses=files(*_EXPORTS))
async def export_conversation(
    conversation_id: UUID,
    request: Request,
    principal: CurrentPrincipal,
    services: CurrentServices,
    format: Annotated[Storable, Query(description="pdf, docx, md or json.")] = "md",
) -> Response:
    """The shown branch with its citations; in Russian with Accept-Language: ru."""
    language = shape.language(request.headers)
    made = await asyncio.to_thread(services.transcripts.export, principal, conversation_id, format, language)
    disposition = f"attachment; filename*=UTF-8''{quote(made.filename)}"
    return Response(made.content, media_type=made.media_type, headers={"Content-Disposition": disposition})


@router.get("/{conversation_id}/shares")
def list_shares(conversation_id: UUID, principal: CurrentPrincipal, services: CurrentServices) -> list[ShareOut]:
    """Whom it is shared with, and how much each of them does not see."""
    return [ShareOut.of(one) for one in services.sharing.readers(principal, conversation_id)]


@router.post("/{conversation_id}/shares", status_code=201)
def share_conversation(
    conversation_id: UUID, body: ShareIn, principal: CurrentPrincipal, services: CurrentServices
) -> ShareOut:
    """Lets a colleague read it; turns that cite what they may not read are withheld."""
    return ShareOut.of(services.sharing.share(principal, conversation_id, body.email))


@router.delete("/{conversation_id}/shares/{user_id}", status_code=204)
def unshare_conversation(
    conversation_id: UUID, user_id: UUID, principal: CurrentPrincipal, services: CurrentServices
) -> None:
    """The owner takes it back; a reader takes it off their own list."""
    services.sharing.revoke(principal, conversation_id, user_id)
