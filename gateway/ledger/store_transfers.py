"""The reads about transfers (``SqlLedger`` in store.py has them)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from gateway.ledger.driver import Database
from gateway.ledger.personal import Seal
from gateway.ledger.rows_messages import delivery_of
from gateway.ledger.rows_transfers import transfer_of
from gateway.ledger.statements import Statements
from gateway.ledger.store_messages import given_filters, page
from gateway.ledger.texts import storable
from gateway.model.ids import CallId, TicketNo
from gateway.model.messages import Delivery
from gateway.model.transfers import Transfer


class TransfersLedger:
    """See ``gateway.tickets.ports.Ledger`` for what the methods promise."""

    _database: Database
    _sql: Statements
    _seal: Seal

    async def transfer(self, id: str) -> Transfer | None:
        rows = await self._database.lookup(self._sql.transfer, {"id": storable(id)})
        return transfer_of(rows[0], self._seal) if rows else None

    async def transfer_by_key(self, key: str) -> Transfer | None:
        rows = await self._database.lookup(self._sql.transfer_by_key, {"key": storable(key)})
        return transfer_of(rows[0], self._seal) if rows else None

    async def pushes(self, ids: Iterable[str]) -> Mapping[str, Delivery]:
        """See the port."""
        found: dict[str, Delivery] = {}
        for id_ in dict.fromkeys(ids):
            for row in await self._database.lookup(self._sql.delivery, {"id": storable(id_)}):
                found[id_] = delivery_of(row, self._seal)
        return found

    async def open_transfers(self) -> Sequence[Transfer]:
        """Oldest first."""
        rows = await self._database.query(self._sql.open_transfers, {})
        return [transfer_of(row, self._seal) for row in rows]

    async def transfers(
        self,
        *,
        call_id: CallId | None = None,
        ticket_no: TicketNo | None = None,
        partner: str | None = None,
        since: float | None = None,
        until: float | None = None,
        after: tuple[float, str] | None = None,
        limit: int = 100,
    ) -> Sequence[Transfer]:
        """Newest first; ``since`` (inclusive) and ``until`` (exclusive) are about ``started_at``."""
        given = given_filters(call_id=call_id, ticket_no=ticket_no, partner=partner, since=since, until=until)
        sql = self._sql.search_transfers(frozenset(given) | ({"after"} if after is not None else frozenset()))
        if after is not None:
            given |= {"after_at": float(after[0]), "after_id": storable(after[1])}
        return [
            transfer_of(row, self._seal) for row in await self._database.query(sql, {**given, "limit": page(limit)})
        ]
