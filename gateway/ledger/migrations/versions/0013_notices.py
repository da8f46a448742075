"""Notices of shift leads to agents: see gateway/ledger/tables_notices.py."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("until", sa.Double(), nullable=True),
        sa.Column("read_at", sa.Double(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index("ix_notices_oldest", "notices", ["at"], unique=False)
    unread = sa.text("read_at IS NULL")
    op.create_index(
        "ix_notices_unread", "notices", ["agent", "at"], unique=False, sqlite_where=unread, postgresql_where=unread
    )
