"""The tables of answers: what they carry, how they were made, what conversations keep, and answers kept for reuse."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, Uuid

from data.tables import columns as c

answer_contents = Table(  # fields, choices, stage, figures: JSON, sealed
    "answer_contents",
    c.metadata,
    c.ref("message_id", "messages.id"),
    Column("content_sealed", LargeBinary, nullable=False),
    Index("uq_answer_contents_message_id", "message_id", unique=True),
)

answer_traces = Table(  # the steps of an answer: JSON, sealed, since questions stand in it
    "answer_traces",
    c.metadata,
    c.ref("message_id", "messages.id"),
    Column("trace_sealed", LargeBinary, nullable=False),
    Index("uq_answer_traces_message_id", "message_id", unique=True),
)

conversation_states = Table(  # what each scenario keeps of a conversation: JSON, sealed
    "conversation_states",
    c.metadata,
    c.ref("conversation_id", "conversations.id"),
    Column("state_sealed", LargeBinary, nullable=False),
    c.time("updated_at", now=True),
    Index("uq_conversation_states_conversation_id", "conversation_id", unique=True),
)

conversation_documents = Table(  # files dropped into a conversation, which is then answered from them
    "conversation_documents",
    c.metadata,
    c.ref("conversation_id", "conversations.id"),
    c.ref("document_id", "documents.id"),
    c.time("at", now=True),
    Index("uq_conversation_documents", "conversation_id", "document_id", unique=True),
    Index(None, "document_id"),
)

answer_cache = Table(  # answers to the very same question; `revision` is what the person could read when it was given
    "answer_cache",
    c.metadata,
    Column("key", LargeBinary, primary_key=True),
    c.ref("collection_id", "collections.id"),
    c.text("revision", None),
    Column("answer_sealed", LargeBinary, nullable=False),
    c.count("hits"),
    c.time("created_at", now=True),
    c.time("used_at", now=True),
    Index(None, "used_at"),
    Index(None, "collection_id"),
)

answer_cache_documents = Table(  # whose text a kept answer holds: deleting a document takes its answers along
    "answer_cache_documents",
    c.metadata,
    Column("key", LargeBinary, ForeignKey("answer_cache.key", ondelete="CASCADE"), nullable=False),
    Column("document_id", Uuid, nullable=False),
    Index("uq_answer_cache_documents", "key", "document_id", unique=True),
    Index(None, "document_id"),
)
