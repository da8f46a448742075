"""Tables of the roster (排班): people, with how to reach them sealed; their duties by day; hand-over notes (交接班)."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Table, Text

from gateway.ledger.columns import maybe_moment, metadata, moment, number, sealed, words

people = Table(
    "people",
    metadata,
    Column("id", Text, primary_key=True),
    words("agent"),
    sealed("data"),
)

duties = Table(
    "duties",
    metadata,
    Column("id", Text, primary_key=True),
    words("day"),
    words("person_id"),
    words("role"),
    words("shift"),
    number("start_min"),
    number("end_min"),
    # Sealed: a note may say why somebody is away. NULL where there is none, as with most.
    Column("note", LargeBinary, nullable=True),
)
Index("ix_duties_day", duties.c.day, duties.c.start_min)
Index("ix_duties_person", duties.c.person_id, duties.c.day)

handovers = Table(
    "handovers",
    metadata,
    Column("id", Text, primary_key=True),
    moment("at"),
    words("day"),
    words("shift"),
    words("author"),
    words("read_by"),
    maybe_moment("read_at"),
    sealed("data"),
)
Index("ix_handovers_newest", handovers.c.at, handovers.c.id)
