"""The tables of what comes in (originals, keys, messages, attachments, conversations, denials) and of what goes out
(replies, deliveries, followers). What people said, and whom it reaches, is sealed; plain is what rows are found by.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, Table, Text, and_, literal_column

from gateway.ledger.columns import hashed, maybe_moment, metadata, moment, number, partial, sealed, words

# What comes in -------------------------------------------------------------------------------------------------------

raws = Table(
    "raws",
    metadata,
    Column("id", Text, primary_key=True),
    words("channel"),
    words("account"),
    moment("received_at"),
    words("content_type"),
    sealed("data"),
    words("file"),
)

message_keys = Table(
    "message_keys",
    metadata,
    # The keyed hash of the idempotency key, which itself names the person (an openid is part of it).
    Column("key", LargeBinary, primary_key=True),
    words("message_id"),
    sqlite_with_rowid=False,
)

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    words("raw_id"),
    words("ticket_no"),
    words("channel"),
    words("account"),
    words("kind"),
    moment("occurred_at"),
    moment("received_at"),
    sealed("data"),
)
Index("ix_messages_ticket", messages.c.ticket_no)
Index("ix_messages_raw", messages.c.raw_id)

attachments = Table(
    "attachments",
    metadata,
    Column("id", Text, primary_key=True),
    words("message_id"),
    words("ticket_no"),
    words("channel"),
    words("account"),
    words("state"),
    words("mime"),
    number("size"),
    words("sha256"),
    words("original"),
    number("attempts"),
    maybe_moment("due_at"),
    sealed("data"),
)
Index("ix_attachments_ticket", attachments.c.ticket_no)
Index("ix_attachments_message", attachments.c.message_id)
partial("ix_attachments_due", attachments.c.due_at, where=attachments.c.due_at.is_not(None))

conversations = Table(
    "conversations",
    metadata,
    Column("id", LargeBinary, primary_key=True),  # keyed hash
    sealed("data"),
    sqlite_with_rowid=False,
)

gatherings = Table(
    "gatherings",
    metadata,
    Column("key", LargeBinary, primary_key=True),  # keyed hash
    words("channel"),
    words("account"),
    moment("due_at"),
    sealed("data"),
)
Index("ix_gatherings_due", gatherings.c.channel, gatherings.c.account, gatherings.c.due_at)

denials = Table(
    "denials",
    metadata,
    Column("id", Text, primary_key=True),
    words("channel"),
    hashed("sender_hash"),
    words("author"),
    moment("at"),
    maybe_moment("until"),
    Column("lifted", Boolean, nullable=False),
    sealed("data"),
)
Index("ix_denials_sender", denials.c.sender_hash)
Index("ix_denials_newest", denials.c.at, denials.c.id)

# What goes out -------------------------------------------------------------------------------------------------------

replies = Table(
    "replies",
    metadata,
    Column("id", Text, primary_key=True),
    words("ticket_no"),
    moment("at"),
    words("author"),
    words("template"),
    sealed("data"),
)
Index("ix_replies_ticket", replies.c.ticket_no)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Text, primary_key=True),
    words("kind"),
    words("ticket_no"),
    words("channel"),
    words("account"),
    moment("created_at"),
    words("state"),
    words("reply_id"),
    number("attempts"),
    maybe_moment("due_at"),
    maybe_moment("done_at"),
    words("external_id"),
    maybe_moment("answer_by"),
    sealed("data"),
)
Index("ix_deliveries_newest", deliveries.c.created_at, deliveries.c.id)
Index("ix_deliveries_kind", deliveries.c.kind, deliveries.c.created_at, deliveries.c.id)
Index("ix_deliveries_state", deliveries.c.state, deliveries.c.created_at, deliveries.c.id)
Index("ix_deliveries_ticket", deliveries.c.ticket_no)
partial(
    "ix_deliveries_external",
    deliveries.c.external_id,
    deliveries.c.channel,
    deliveries.c.account,
    where=deliveries.c.external_id != literal_column("''"),
)
partial("ix_deliveries_due", deliveries.c.due_at, where=deliveries.c.due_at.is_not(None))
partial(
    "ix_deliveries_account",
    deliveries.c.channel,
    deliveries.c.account,
    deliveries.c.due_at,
    deliveries.c.created_at,
    deliveries.c.id,
    where=deliveries.c.due_at.is_not(None),
)
partial(
    "ix_deliveries_tried",
    deliveries.c.channel,
    deliveries.c.account,
    deliveries.c.ticket_no,
    deliveries.c.created_at,
    where=and_(deliveries.c.due_at.is_not(None), deliveries.c.attempts > literal_column("0")),
)
partial("ix_deliveries_answer", deliveries.c.answer_by, where=deliveries.c.answer_by.is_not(None))

followers = Table(
    "followers",
    metadata,
    Column("id", Text, primary_key=True),
    words("name"),
    words("state"),
    number("cursor"),
    number("failures"),
    maybe_moment("failing_since"),
    maybe_moment("due_at"),
    moment("created_at"),
    sealed("data"),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("follower_id", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    moment("at"),
    sealed("data"),
)
