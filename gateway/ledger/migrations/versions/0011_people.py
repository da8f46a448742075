"""people: see gateway/ledger/tables_people.py."""

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Nothing yet."""
