"""archive: see gateway/ledger/tables_archive.py."""

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Nothing yet."""
