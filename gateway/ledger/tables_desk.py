"""The tables of the agents' desk: who has which written ticket, what is being typed, and whom to look out for."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Table, Text, literal_column

from gateway.ledger.columns import maybe_moment, metadata, moment, number, partial, sealed, words

# Written tickets at the desk -----------------------------------------------------------------------------------------

assignments = Table(
    "assignments",
    metadata,
    Column("ticket_no", Text, primary_key=True),
    words("state"),
    words("agent"),
    moment("place"),
    number("version"),
    sealed("data"),
)
partial(
    "ix_assignments_pool",
    assignments.c.place,
    assignments.c.ticket_no,
    where=assignments.c.state == literal_column("'waiting'"),
)
partial(
    "ix_assignments_held",
    assignments.c.agent,
    assignments.c.place,
    where=assignments.c.state.in_([literal_column("'offered'"), literal_column("'taken'")]),
)

# The desk ------------------------------------------------------------------------------------------------------------

drafts = Table(
    "drafts",
    metadata,
    Column("key", Text, primary_key=True),
    words("author"),
    number("revision"),
    moment("at"),
    sealed("data"),
)
Index("ix_drafts_author", drafts.c.author, drafts.c.at)
Index("ix_drafts_oldest", drafts.c.at)

watches = Table(
    "watches",
    metadata,
    Column("number", LargeBinary, primary_key=True),  # keyed hash
    Column("id", Text, nullable=False, unique=True),
    words("level"),
    words("author"),
    moment("at"),
    maybe_moment("until"),
    # The number itself and the note.
    sealed("data"),
)
Index("ix_watches_newest", watches.c.at, watches.c.id)
