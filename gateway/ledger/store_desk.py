"""The reads about drafts and the watch list (``SqlLedger`` in store.py has them)."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.ledger.driver import Database
from gateway.ledger.personal import Seal
from gateway.ledger.rows_desk import draft_of, watch_of
from gateway.ledger.statements import Statements
from gateway.ledger.store_messages import page
from gateway.ledger.texts import storable
from gateway.model.desk import Draft, Watch


class DeskLedger:
    """See ``gateway.tickets.ports.Ledger`` for what the methods promise."""

    _database: Database
    _sql: Statements
    _seal: Seal

    async def draft(self, key: str) -> Draft | None:
        rows = await self._database.lookup(self._sql.draft, {"key": storable(key)})
        return draft_of(rows[0], self._seal) if rows else None

    async def drafts(self, author: str, limit: int = 100) -> Sequence[Draft]:
        """Newest first."""
        given = {"author": storable(author), "limit": page(limit)}
        return [draft_of(row, self._seal) for row in await self._database.query(self._sql.drafts_of, given)]

    async def watch(self, number: str) -> Watch | None:
        hashed = self._seal.number_hash(number)
        if hashed is None:
            return None
        rows = await self._database.lookup(self._sql.watch, {"number": hashed})
        return watch_of(rows[0], self._seal) if rows else None

    async def watches(self, limit: int = 100) -> Sequence[Watch]:
        """Newest first."""
        rows = await self._database.query(self._sql.watches, {"limit": page(limit)})
        return [watch_of(row, self._seal) for row in rows]
