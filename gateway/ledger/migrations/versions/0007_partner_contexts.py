"""Partner contexts: what a partner hotline told of a call that it hands to us."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "partner_contexts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("ticket_no", sa.Text(), nullable=False),
        sa.Column("number_hash", sa.LargeBinary(), nullable=True),
        sa.Column("ref_hash", sa.LargeBinary(), nullable=True),
        sa.Column("case_hash", sa.LargeBinary(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_contexts")),
    )
    op.create_index("ix_partner_contexts_until", "partner_contexts", ["until"], unique=False)
    for name, columns, where in (
        ("ix_partner_contexts_call", ["call_id"], "call_id != ''"),
        ("ix_partner_contexts_number", ["number_hash", "at"], "number_hash IS NOT NULL"),
        ("ix_partner_contexts_ref", ["ref_hash"], "ref_hash IS NOT NULL"),
        ("ix_partner_contexts_case", ["case_hash"], "case_hash IS NOT NULL"),
    ):
        op.create_index(
            name,
            "partner_contexts",
            columns,
            unique=False,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
