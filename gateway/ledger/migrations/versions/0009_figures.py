"""figures: see gateway/ledger/tables_figures.py."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Nothing yet."""
