"""Takes conversations home: PDF, DOCX, Markdown and JSON, with citations, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from core.entities.conversations import Thread
from core.entities.people import Principal
from core.errors import BadInput
from services import filenames
from services.chat.conversations import Conversations
from services.chat.transcripts import markdown, structured

LONGEST = 2_000  # messages of one export


@dataclass(frozen=True, slots=True)
class Export:
    filename: str
    media_type: str
    content: bytes


class Transcripts:
    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations

    def export(self, principal: Principal, conversation_id: UUID, format_: str, language: str) -> Export:
        """The shown branch as `principal` may read it now. Raises `BadInput` for a format that is not there."""
        if format_ not in FORMATS:
            raise BadInput(
                "There is no format %(name)s. Choose one of: %(choices)s.", name=format_, choices=", ".join(FORMATS)
            )
        media_type, write = FORMATS[format_]
        thread = self._conversations.whole(principal, conversation_id, most=LONGEST)
        filename = f"{self.filename(thread.conversation.title)}.{format_}"
        return Export(filename, media_type, write(thread, language))

    def filename(self, title: str) -> str:
        """Without its suffix."""
        return filenames.named(title, "conversation")


def _pdf(thread: Thread, language: str) -> bytes:
    from services.chat.transcripts import pdf  # reportlab takes a third of a second

    return pdf.write(thread, language)


def _docx(thread: Thread, language: str) -> bytes:
    from services.chat.transcripts import docx  # so does python-docx

    return docx.write(thread, language)


FORMATS: dict[str, tuple[str, Callable[[Thread, str], bytes]]] = {
    "pdf": ("application/pdf", _pdf),
    "docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", _docx),
    "md": ("text/markdown", markdown.write),
    "json": ("application/json", structured.write),
}
