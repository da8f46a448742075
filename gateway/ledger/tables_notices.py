"""The table of notices to agents (gateway.model.notices): one row for each agent who is told."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from gateway.ledger.columns import maybe_moment, metadata, moment, partial, sealed, words

notices = Table(
    "notices",
    metadata,
    Column("id", Text, primary_key=True),
    words("agent"),
    moment("at"),
    words("login"),
    maybe_moment("until"),
    maybe_moment("read_at"),
    # The author's name and the text.
    sealed("data"),
)
Index("ix_notices_oldest", notices.c.at)
partial("ix_notices_unread", notices.c.agent, notices.c.at, where=notices.c.read_at.is_(None))
