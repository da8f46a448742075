"""Alarms: see gateway/ledger/tables_alarms.py."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "alarms",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("first_at", sa.Double(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.Column("cleared_at", sa.Double(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    op.create_index("ix_alarms_newest", "alarms", ["since", "id"], unique=False)
    op.create_index("ix_alarms_rule", "alarms", ["rule", "since"], unique=False)
    op.create_index("ix_alarms_seen", "alarms", ["seen_at"], unique=False)
    still = sa.text("cleared_at IS NULL")
    op.create_index(
        "ix_alarms_open", "alarms", ["since", "id"], unique=False, sqlite_where=still, postgresql_where=still
    )
