"""What can go wrong with the ledger. Vendor errors (sqlite3, asyncpg) never leave the package: they become these.

``LedgerUnavailable`` is an ``OSError`` so that siblings, which may not import this package, can tell "try again later"
(HTTP 503) from a mistake in the request.
"""

from __future__ import annotations


class LedgerError(Exception):
    """The ledger did not do what was asked. Permanent unless it is a LedgerUnavailable."""


class LedgerUnavailable(LedgerError, OSError):
    """Nothing was committed and trying again later can help: disk full, database locked, server away."""


class LedgerBusy(LedgerUnavailable):
    """More work waits for the writer than its queue holds."""


class LedgerClosed(LedgerUnavailable):
    """The ledger is being closed, or was stopped before the work's commit was known."""


class Mistaken(LedgerError):
    """A key that a group took to be new is known: the group is run again; never leaves the writer."""


class Collision(LedgerError):
    """Another process won a lock race (PostgreSQL 40P01, 40001): the work is run again; never leaves the writer."""
