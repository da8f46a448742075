"""The reads about notices (``SqlLedger`` in store.py has them)."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.ledger.driver import Database
from gateway.ledger.personal import Seal
from gateway.ledger.rows_notices import notice_of
from gateway.ledger.statements import Statements
from gateway.ledger.store_messages import page
from gateway.ledger.texts import storable
from gateway.model.ids import AgentId
from gateway.model.notices import Notice


class NoticeLedger:
    """See ``gateway.seats.notices.NoticeLedger`` for what the methods promise."""

    _database: Database
    _sql: Statements
    _seal: Seal

    async def notices(self, agent: AgentId, at: float, limit: int = 100) -> Sequence[Notice]:
        given = {"agent": storable(agent), "now": float(at), "limit": page(limit)}
        rows = await self._database.query(self._sql.unread_notices, given)
        return [notice_of(row, self._seal) for row in rows]
