"""The ledger: the one durable truth of calls, tickets and the feed, on SQLite or PostgreSQL.

``open_ledger`` (store.py) is all that the application needs. ADR-worthy choices are told where they live: group commit
and why work runs in the event loop (writer.py, sqlite.py), the gap-free feed (tx.py), personal data (personal.py).

Names are imported when first used: a configuration check should not pay for a database driver.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway.ledger.config import LedgerConfig
    from gateway.ledger.errors import LedgerBusy, LedgerClosed, LedgerError, LedgerUnavailable
    from gateway.ledger.personal import LedgerKeys
    from gateway.ledger.store import SqlLedger, open_ledger

_HOMES = {
    "LedgerBusy": "errors",
    "LedgerClosed": "errors",
    "LedgerConfig": "config",
    "LedgerError": "errors",
    "LedgerKeys": "personal",
    "LedgerUnavailable": "errors",
    "SqlLedger": "store",
    "open_ledger": "store",
}

__all__ = [
    "LedgerBusy",
    "LedgerClosed",
    "LedgerConfig",
    "LedgerError",
    "LedgerKeys",
    "LedgerUnavailable",
    "SqlLedger",
    "open_ledger",
]


def __getattr__(name: str) -> Any:
    """PEP 562."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
