"""Tables of what becomes of recordings: holds that keep them (保全), and those that were deleted in time."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from gateway.ledger.columns import maybe_moment, metadata, moment, number, partial, sealed, words

legal_holds = Table(
    "legal_holds",
    metadata,
    Column("id", Text, primary_key=True),
    words("kind"),
    words("subject"),
    words("author"),
    moment("at"),
    maybe_moment("until"),
    maybe_moment("lifted_at"),
    words("lifted_by"),
    sealed("data"),
)
Index("ix_legal_holds_newest", legal_holds.c.at, legal_holds.c.id)
partial("ix_legal_holds_open", legal_holds.c.subject, where=legal_holds.c.lifted_at.is_(None))

gone_recordings = Table(
    "gone_recordings",
    metadata,
    Column("recording_id", Text, primary_key=True),
    words("day"),
    number("size"),
    moment("deleted_at"),
    words("why"),
)
