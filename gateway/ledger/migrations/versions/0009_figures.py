"""Figures: agents' time, packs, cells, and marks of what has changed (see gateway/ledger/tables_figures.py).

The marks are made by triggers, so that whatever changes a row, by whatever way, is counted again. On PostgreSQL they
look at all rows of a statement at once and name the transaction, so that no writer waits for another; on SQLite, where
there is one writer at a time, a random number tells marks apart. All that the ledger has is marked here, and counted
once the gateway runs. Whoever makes one of these tables anew (SQLite knows no other way to change some things) must
make its triggers anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_MOMENTS = {"calls": "started_at", "tickets": "received_at", "transfers": "started_at", "agent_times": None}
_CALLED = {"tickets": "received_at", "transfers": "started_at"}
"""What is counted by its call's queue, entry number or end."""


def upgrade() -> None:
    op.create_table(
        "agent_times",
        sa.Column("quarter", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("idle_ms", sa.BigInteger(), nullable=False),
        sa.Column("ringing_ms", sa.BigInteger(), nullable=False),
        sa.Column("talking_ms", sa.BigInteger(), nullable=False),
        sa.Column("held_ms", sa.BigInteger(), nullable=False),
        sa.Column("wrap_ms", sa.BigInteger(), nullable=False),
        sa.Column("outbound_ms", sa.BigInteger(), nullable=False),
        sa.Column("resting_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("quarter", "agent", name=op.f("pk_agent_times")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "figure_marks",
        sa.Column("quarter", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("quarter", "n", name=op.f("pk_figure_marks")),
        sqlite_with_rowid=False,
    )
    _kept()
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, moment in _MOMENTS.items():
        if sqlite:
            _sqlite_triggers(table, moment)
        else:
            _postgres_triggers(table, moment)
        if moment is not None:
            quarter = _quarter(moment, sqlite=sqlite)
            op.execute(f"INSERT INTO figure_marks (quarter, n) SELECT DISTINCT {quarter}, 0 FROM {table} "  # noqa: S608
                       "WHERE 1 = 1 ON CONFLICT DO NOTHING")  # fmt: skip


def _kept() -> None:
    op.create_table(
        "figure_packs",
        sa.Column("quarter", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("due_at", sa.Double(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("quarter", name=op.f("pk_figure_packs")),
        sqlite_with_rowid=False,
    )
    due = sa.text("due_at IS NOT NULL")
    op.create_index(
        "ix_figure_packs_due", "figure_packs", ["due_at"], unique=False, sqlite_where=due, postgresql_where=due
    )
    op.create_table(
        "figure_cells",
        sa.Column("cube", sa.Text(), nullable=False),
        sa.Column("span", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("cube", "span", "at", "queue", "agent", "entry", "topic", name=op.f("pk_figure_cells")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "figure_head",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_figure_head")),
    )


def _quarter(moment: str, *, sqlite: bool) -> str:
    """The quarter of an hour of UTC that holds a moment, as ``gateway.kpi.calendar.quarter_of`` says it."""
    return f"CAST({moment} / 900 AS INTEGER)" if sqlite else f"CAST(floor({moment} / 900) AS BIGINT)"


def _sqlite_triggers(table: str, moment: str | None) -> None:
    def quarter_of(row: str) -> str:
        return f"{row}.quarter" if moment is None else _quarter(f"{row}.{moment}", sqlite=True)

    for act, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        marks = f"INSERT OR IGNORE INTO figure_marks (quarter, n) VALUES ({quarter_of(row)}, random()); "  # noqa: S608
        if act == "UPDATE":
            marks += (
                f"INSERT OR IGNORE INTO figure_marks (quarter, n) SELECT {quarter_of('OLD')}, random() "
                f"WHERE {quarter_of('OLD')} <> {quarter_of('NEW')}; "
            )
        for other, its in _CALLED.items() if table == "calls" else ():
            quarter = _quarter(its, sqlite=True)
            marks += (
                f"INSERT OR IGNORE INTO figure_marks (quarter, n) SELECT {quarter}, random() FROM {other} "  # noqa: S608
                f"WHERE call_id = {row}.call_id; "
            )
        op.execute(f"CREATE TRIGGER figures_{table}_{act.lower()} AFTER {act} ON {table} BEGIN {marks}END")


def _postgres_triggers(table: str, moment: str | None) -> None:
    for act, seen in (("INSERT", ("new_rows",)), ("UPDATE", ("old_rows", "new_rows")), ("DELETE", ("old_rows",))):
        quarter = "quarter" if moment is None else _quarter(moment, sqlite=False)
        marks = [f"SELECT {quarter} FROM {rows}" for rows in seen]  # noqa: S608
        for other, its in _CALLED.items() if table == "calls" else ():
            marks.append(
                f"SELECT {_quarter('o.' + its, sqlite=False)} FROM {other} o "  # noqa: S608
                f"WHERE o.call_id IN (SELECT call_id FROM {seen[-1]})"
            )
        name = f"figures_{table}_{act.lower()}"
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $mark$ BEGIN "  # noqa: S608
            f"INSERT INTO figure_marks (quarter, n) SELECT q, txid_current() FROM ({' UNION '.join(marks)}) AS f (q) "
            "ON CONFLICT DO NOTHING; RETURN NULL; END $mark$"
        )
        told = {"INSERT": "NEW TABLE AS new_rows", "DELETE": "OLD TABLE AS old_rows"}
        tables = told.get(act, "OLD TABLE AS old_rows NEW TABLE AS new_rows")
        op.execute(
            f"CREATE TRIGGER {name} AFTER {act} ON {table} REFERENCING {tables} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
