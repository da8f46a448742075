"""alarms: see gateway/ledger/tables_alarms.py."""

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Nothing yet."""
