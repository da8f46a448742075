"""The reads about partner contexts (``SqlLedger`` in store.py has them)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.ledger.driver import Database
from gateway.ledger.personal import Seal
from gateway.ledger.rows_contexts import context_of, reference_hash
from gateway.ledger.statements import Statements
from gateway.ledger.texts import storable
from gateway.model.contexts import PartnerContext
from gateway.model.ids import CallId

_MOST = 20


class ContextsLedger:
    """See ``gateway.tickets.ports.Ledger`` for what the methods promise."""

    _database: Database
    _sql: Statements
    _seal: Seal

    async def contexts_of_call(self, call_id: CallId, at: float) -> Sequence[PartnerContext]:
        return await self._by("call", at, 0.0, call_id=storable(call_id)) if call_id else []

    async def contexts_of_number(self, number: str, since: float, at: float) -> Sequence[PartnerContext]:
        hashed = self._seal.number_hash(number)
        return await self._by("number", at, since, number_hash=hashed) if hashed is not None else []

    async def contexts_by_reference(self, partner: str, text: str, at: float) -> Sequence[PartnerContext]:
        hashed = reference_hash(partner, text, self._seal)
        return await self._by("ref", at, 0.0, hash_ref=hashed, hash_case=hashed) if hashed is not None else []

    async def _by(self, what: str, at: float, since: float, **given: Any) -> Sequence[PartnerContext]:
        params = {**given, "at": at, "since": since, "limit": _MOST}
        rows = await self._database.query(self._sql.contexts_by[what], params)
        return [context_of(row, self._seal) for row in rows]
