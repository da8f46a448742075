"""The reads about assignments (``SqlLedger`` in store.py has them)."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.ledger.driver import Database, Params, Sql
from gateway.ledger.personal import Seal
from gateway.ledger.rows_assignments import assignment_of
from gateway.ledger.statements import Statements
from gateway.ledger.store_messages import made, page
from gateway.ledger.texts import storable
from gateway.model.assignments import Assignment
from gateway.model.ids import AgentId, TicketNo


class AssignmentsLedger:
    """See ``gateway.tickets.ports.Ledger`` for what the methods promise."""

    _database: Database
    _sql: Statements
    _seal: Seal

    async def assignment(self, number: TicketNo) -> Assignment | None:
        rows = await self._database.lookup(self._sql.assignment, {"ticket_no": storable(number)})
        return assignment_of(rows[0], self._seal) if rows else None

    async def held_assignments(self, agent: AgentId | None = None) -> Sequence[Assignment]:
        if agent is None:
            return await self._read(self._sql.held_assignments, {})
        return await self._read(self._sql.assignments_of, {"agent": storable(agent)})

    async def waiting_assignments(self, limit: int = 100) -> Sequence[Assignment]:
        return await self._read(self._sql.pool_assignments, {"limit": page(limit)})

    async def waiting_written(self) -> int:
        rows = await self._database.lookup(self._sql.pool_size, {})
        return int(rows[0][0])

    async def _read(self, sql: Sql, given: Params) -> Sequence[Assignment]:
        return await made(await self._database.query(sql, given), lambda row: assignment_of(row, self._seal))
