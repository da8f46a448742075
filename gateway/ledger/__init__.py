"""The ledger: the one durable truth of calls, tickets and the feed, on SQLite or PostgreSQL.

``open_ledger`` (store.py) is all that the application needs. ADR-worthy choices are told where they live: group commit
and why work runs in the event loop (writer.py, sqlite.py), the gap-free feed (tx.py), personal data (personal.py).
"""

from gateway.ledger.config import LedgerConfig
from gateway.ledger.errors import LedgerBusy, LedgerClosed, LedgerError, LedgerUnavailable
from gateway.ledger.migrate import migrate
from gateway.ledger.personal import LedgerKeys
from gateway.ledger.store import SqlLedger, open_ledger

__all__ = [
    "LedgerBusy",
    "LedgerClosed",
    "LedgerConfig",
    "LedgerError",
    "LedgerKeys",
    "LedgerUnavailable",
    "SqlLedger",
    "migrate",
    "open_ledger",
]
