"""Assignments: which agent has, or is offered, which written ticket."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "assignments",
        sa.Column("ticket_no", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("place", sa.Double(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_no", name=op.f("pk_assignments")),
    )
    for name, columns, where in (
        ("ix_assignments_pool", ["place", "ticket_no"], "state = 'waiting'"),
        ("ix_assignments_held", ["agent", "place"], "state IN ('offered', 'taken')"),
    ):
        op.create_index(
            name, "assignments", columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
