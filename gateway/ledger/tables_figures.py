"""The tables of the figures (gateway.kpi): what has changed, packs by the quarter of an hour, cells by hour and day.

``figure_marks`` is written by the database itself (triggers of migrations 0009 and 0014) whenever a row of calls,
tickets, transfers or agents' time is: so nothing that changes a row, ours or a hand's, can forget it. ``n`` tells marks
of one quarter apart, so that one that comes while the quarter is being counted survives the counting: on PostgreSQL a
mark is a transaction's, on SQLite there is one a quarter, the primary key, and its ``n`` moves with each writing.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from gateway.ledger.columns import maybe_moment, metadata, number, partial, sealed, words

agent_times = Table(
    "agent_times",
    metadata,
    Column("quarter", BigInteger, primary_key=True, autoincrement=False),
    Column("agent", Text, primary_key=True),
    *(number(f"{name}_ms") for name in ("idle", "ringing", "talking", "held", "wrap", "outbound", "resting")),
    sqlite_with_rowid=False,
)

figure_marks = Table(
    "figure_marks",
    metadata,
    Column("quarter", BigInteger, primary_key=True, autoincrement=False),
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

figure_packs = Table(
    "figure_packs",
    metadata,
    Column("quarter", BigInteger, primary_key=True, autoincrement=False),
    maybe_moment("due_at"),
    sealed("data"),
    sqlite_with_rowid=False,
)
partial("ix_figure_packs_due", figure_packs.c.due_at, where=figure_packs.c.due_at.is_not(None))

figure_cells = Table(
    "figure_cells",
    metadata,
    Column("cube", Text, primary_key=True),
    Column("span", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    *(Column(name, Text, primary_key=True) for name in ("queue", "agent", "entry", "topic")),
    words("data"),
    sqlite_with_rowid=False,
)

figure_head = Table(
    "figure_head",
    metadata,
    Column("name", Text, primary_key=True),
    number("version"),
    words("rules"),
)
