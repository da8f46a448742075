"""Figures on SQLite: one mark for each quarter of an hour, which counts up, instead of one for each written row.

A mark a row was a page more to write for a ticket, and under a flood there were more of them than one settling takes:
it counted the same quarter again and again. Where there is one writer at a time a row that is counted up costs nothing
(on PostgreSQL it would make writers wait for one another, and marks are one a transaction there). A mark begins at a
random number, so that one that is settled and comes anew is never taken for the old.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_MOMENTS = {"calls": "started_at", "tickets": "received_at", "transfers": "started_at", "agent_times": None}
_CALLED = {"tickets": "received_at", "transfers": "started_at"}
"""What is counted by its call's queue, entry number or end."""


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in _MOMENTS:
        for act in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER figures_{table}_{act}")
    op.create_table(
        "figure_marks_",
        sa.Column("quarter", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("quarter", name=op.f("pk_figure_marks")),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO figure_marks_ (quarter, n) SELECT quarter, min(n) >> 20 FROM figure_marks GROUP BY quarter")
    op.drop_table("figure_marks")
    op.rename_table("figure_marks_", "figure_marks")
    for table, moment in _MOMENTS.items():
        _triggers(table, moment)


def _triggers(table: str, moment: str | None) -> None:
    for act, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        now, before = _quarter(row, moment), _quarter("OLD", moment)
        marks = _mark(now, "WHERE 1 = 1")
        if act == "UPDATE":
            marks += _mark(before, f"WHERE {before} <> {now}")
        for other, its in _CALLED.items() if table == "calls" else ():
            marks += _mark(_quarter(other, its), f"FROM {other} WHERE call_id = {row}.call_id")
        op.execute(f"CREATE TRIGGER figures_{table}_{act.lower()} AFTER {act} ON {table} BEGIN {marks}END")


def _quarter(row: str, moment: str | None) -> str:
    """The quarter of an hour of UTC that holds a row's moment, as ``gateway.kpi.calendar.quarter_of`` says it."""
    return f"{row}.quarter" if moment is None else f"CAST({row}.{moment} / 900 AS INTEGER)"


def _mark(quarter: str, where: str) -> str:
    return (
        f"INSERT INTO figure_marks (quarter, n) SELECT {quarter}, random() >> 20 {where} "
        "ON CONFLICT (quarter) DO UPDATE SET n = n + 1; "
    )
