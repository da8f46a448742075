"""The desk: drafts, the watch list, and the agent's own calls and tickets found by time."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_drafts")),
    )
    op.create_index("ix_drafts_author", "drafts", ["author", "at"], unique=False)
    op.create_index("ix_drafts_oldest", "drafts", ["at"], unique=False)
    op.create_table(
        "watches",
        sa.Column("number", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("until", sa.Double(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_watches")),
        sa.UniqueConstraint("id", name=op.f("uq_watches_id")),
    )
    op.create_index("ix_watches_newest", "watches", ["at", "id"], unique=False)
    for name, table, column, time, where in (
        ("ix_calls_agent", "calls", "agent", "started_at", "agent IS NOT NULL"),
        ("ix_tickets_agent", "tickets", "agent_id", "received_at", "agent_id != ''"),
    ):
        op.create_index(
            name, table, [column, time], unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
