"""Gatherings: parts of long SMS that wait for the others, and reports about parts of ours. What is due by account."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "gatherings",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_gatherings")),
    )
    op.create_index("ix_gatherings_due", "gatherings", ["channel", "account", "due_at"], unique=False)
    due, tried = sa.text("due_at IS NOT NULL"), sa.text("due_at IS NOT NULL AND attempts > 0")
    op.create_index(
        "ix_deliveries_account",
        "deliveries",
        ["channel", "account", "due_at", "created_at", "id"],
        unique=False,
        sqlite_where=due,
        postgresql_where=due,
    )
    op.create_index(
        "ix_deliveries_tried",
        "deliveries",
        ["channel", "account", "ticket_no", "created_at"],
        unique=False,
        sqlite_where=tried,
        postgresql_where=tried,
    )
