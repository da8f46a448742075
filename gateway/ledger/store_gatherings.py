"""The reads about gatherings (``SqlLedger`` in store.py has them)."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.ledger.driver import Database
from gateway.ledger.personal import Seal
from gateway.ledger.rows_gatherings import gathering_key, gathering_of
from gateway.ledger.statements import Statements
from gateway.ledger.texts import storable
from gateway.model.gatherings import Gathering

_LONGEST_PAGE = 1000


class GatheringsLedger:
    """See ``gateway.tickets.ports.Ledger`` for what the methods promise."""

    _database: Database
    _sql: Statements
    _seal: Seal

    async def gathering(self, key: str) -> Gathering | None:
        rows = await self._database.lookup(self._sql.gathering, {"key": gathering_key(key, self._seal)})
        return gathering_of(rows[0], self._seal) if rows else None

    async def due_gatherings(self, channel: str, account: str, at: float, limit: int = 50) -> Sequence[Gathering]:
        given = {"channel": storable(channel), "account": storable(account), "at": at}
        most = max(0, min(limit, _LONGEST_PAGE))
        rows = await self._database.query(self._sql.due_gatherings, {**given, "limit": most})
        return [gathering_of(row, self._seal) for row in rows]
