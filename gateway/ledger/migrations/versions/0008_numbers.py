"""Virtual numbers with their bindings and calls; calls out name the ticket that they were about."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("calls", sa.Column("ticket_no", sa.Text(), server_default=sa.text("''"), nullable=False))
    about = sa.text("ticket_no != ''")
    op.create_index(
        "ix_calls_ticket",
        "calls",
        ["ticket_no", "started_at"],
        unique=False,
        sqlite_where=about,
        postgresql_where=about,
    )
    op.create_table(
        "virtual_numbers",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("binding_id", sa.Text(), nullable=False),
        sa.Column("free_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_virtual_numbers")),
    )
    op.create_table(
        "virtual_bindings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("ticket_no", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("bound_at", sa.Double(), nullable=False),
        sa.Column("until", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_virtual_bindings")),
    )
    op.create_index("ix_virtual_bindings_ticket", "virtual_bindings", ["ticket_no", "bound_at"], unique=False)
    _calls()


def _calls() -> None:
    op.create_table(
        "virtual_calls",
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("binding_id", sa.Text(), nullable=False),
        sa.Column("ticket_no", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("began_at", sa.Double(), nullable=False),
        sa.Column("answered_at", sa.Double(), nullable=True),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("talk_s", sa.Double(), nullable=True),
        sa.Column("recording_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_virtual_calls")),
    )
    op.create_index("ix_virtual_calls_ticket", "virtual_calls", ["ticket_no", "began_at"], unique=False)
    still = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_virtual_calls_open",
        "virtual_calls",
        ["began_at"],
        unique=False,
        sqlite_where=still,
        postgresql_where=still,
    )
