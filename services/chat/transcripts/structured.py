"""A conversation as JSON, for programs: the names are those of the REST API."""

from __future__ import annotations

import json
from typing import Any

from core.entities.conversations import Thread
from core.entities.messages import Message


def write(thread: Thread, language: str) -> bytes:
    one = thread.conversation
    body = {
        "id": str(one.id),
        "title": one.title,
        "owner": thread.owner or None,
        "created_at": one.created_at.isoformat(),
        "updated_at": one.updated_at.isoformat(),
        "language": language,
        "messages": [_message(message) for message in thread.messages],
    }
    return json.dumps(body, ensure_ascii=False, indent=2).encode()


def _message(message: Message) -> dict[str, Any]:
    said = {
        "id": str(message.id),
        "author": message.author,
        "created_at": message.created_at.isoformat(),
        "text": message.text,
        "withheld": message.withheld,
    }
    return said if message.author == "user" or message.withheld else said | _answer(message)


def _answer(message: Message) -> dict[str, Any]:
    return {
        "status": message.status.value,
        "action": message.action.value,
        "scenario": message.scenario,
        "collection": message.collection,
        "provider": message.provider,
        "model": message.model,
        "error": message.error,
        "usage": {
            "prompt_tokens": message.usage.prompt_tokens,
            "completion_tokens": message.usage.completion_tokens,
            "estimated": message.usage.estimated,
        },
        "fields": dict(message.content.fields),
        "dashboard": message.content.dashboard,
        "citations": [
            {
                "n": cited.n,
                "document_id": str(cited.document_id) if cited.document_id and cited.title else None,
                "document_version": cited.document_version,
                "title": cited.title,
                "page": cited.page,
                "text": cited.text,
            }
            for cited in message.citations
        ],
    }
