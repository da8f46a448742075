"""Transfers: calls handed over to partners, queues and people."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "transfers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("ticket_no", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("seat", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
        sa.UniqueConstraint("key", name=op.f("uq_transfers_key")),
    )
    op.create_index("ix_transfers_newest", "transfers", ["started_at", "id"], unique=False)
    op.create_index("ix_transfers_call", "transfers", ["call_id"], unique=False)
    op.create_index("ix_transfers_partner", "transfers", ["partner", "started_at"], unique=False)
    for name, column, where in (
        ("ix_transfers_ticket", "ticket_no", "ticket_no != ''"),
        ("ix_transfers_open", "started_at", "ended_at IS NULL"),
    ):
        op.create_index(
            name, "transfers", [column], unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
