"""The tables of answers: what they carry, how they were made, what conversations keep, and answers kept for reuse."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, Uuid

from data.tables import _count, _ref, _text, _time, metadata

answer_contents = Table(  # fields, choices, stage, figures: JSON, sealed
    "answer_contents",
    metadata,
    _ref("message_id", "messages.id"),
    Column("content_sealed", LargeBinary, nullable=False),
    Index("uq_answer_contents_message_id", "message_id", unique=True),
)

answer_traces = Table(  # the steps of an answer: JSON, sealed, since questions stand in it
    "answer_traces",
    metadata,
    _ref("message_id", "messages.id"),
    Column("trace_sealed", LargeBinary, nullable=False),
    Index("uq_answer_traces_message_id", "message_id", unique=True),
)

conversation_states = Table(  # what each scenario keeps of a conversation: JSON, sealed
    "conversation_states",
    metadata,
    _ref("conversation_id", "conversations.id"),
    Column("state_sealed", LargeBinary, nullable=False),
    _time("updated_at", now=True),
    Index("uq_conversation_states_conversation_id", "conversation_id", unique=True),
)

conversation_documents = Table(  # files dropped into a conversation, which is then answered from them
    "conversation_documents",
    metadata,
    _ref("conversation_id", "conversations.id"),
    _ref("document_id", "documents.id"),
    _time("at", now=True),
    Index("uq_conversation_documents", "conversation_id", "document_id", unique=True),
    Index(None, "document_id"),
)

answer_cache = Table(  # answers to the very same question; `revision` is what the person could read when it was given
    "answer_cache",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    _ref("collection_id", "collections.id"),
    _text("revision", None),
    Column("answer_sealed", LargeBinary, nullable=False),
    _count("hits"),
    _time("created_at", now=True),
    _time("used_at", now=True),
    Index(None, "used_at"),
    Index(None, "collection_id"),
)

answer_cache_documents = Table(  # whose text a kept answer holds: deleting a document takes its answers along
    "answer_cache_documents",
    metadata,
    Column("key", LargeBinary, ForeignKey("answer_cache.key", ondelete="CASCADE"), nullable=False),
    Column("document_id", Uuid, nullable=False),
    Index("uq_answer_cache_documents", "key", "document_id", unique=True),
    Index(None, "document_id"),
)
