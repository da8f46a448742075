"""The table of alarms: what a shift lead had to know of, with what became of it. Plain is what they are found by; the
texts are sealed like all else, for they name seats, numbers (masked) and places.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Table, Text

from gateway.ledger.columns import maybe_moment, metadata, moment, number, partial, sealed, words

alarms = Table(
    "alarms",
    metadata,
    Column("id", Text, primary_key=True),
    words("rule"),
    words("subject"),
    number("level"),
    words("state"),
    moment("first_at"),
    moment("since"),
    moment("seen_at"),
    maybe_moment("cleared_at"),
    number("version"),
    sealed("data"),
)
Index("ix_alarms_newest", alarms.c.since, alarms.c.id)
Index("ix_alarms_rule", alarms.c.rule, alarms.c.since)
Index("ix_alarms_seen", alarms.c.seen_at)
partial("ix_alarms_open", alarms.c.since, alarms.c.id, where=alarms.c.cleared_at.is_(None))
