"""The part of a transaction's hands that is about gatherings (``SqlTx`` in tx.py has it).

They are written at once and past what a group has pending: nothing else looks into their table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.ledger.personal import Seal
from gateway.ledger.rows_gatherings import gathering_key, gathering_of, gathering_row
from gateway.ledger.statements import Statements
from gateway.model.gatherings import Gathering

if TYPE_CHECKING:
    from gateway.ledger.tx import Group


class GatheringsTx:
    """See ``gateway.tickets.ports.Tx`` for what the methods promise."""

    _group: Group
    _sql: Statements
    _seal: Seal

    async def hold_gathering(self, key: str, channel: str, account: str, due_at: float) -> Gathering:
        made = gathering_row(Gathering(key, channel, account, due_at), self._seal)
        row = await self._group.session.row(self._sql.hold_gathering, made)
        assert row is not None
        return gathering_of(row, self._seal)

    async def gathering(self, key: str) -> Gathering | None:
        row = await self._group.session.row(self._sql.gathering, {"key": gathering_key(key, self._seal)})
        return gathering_of(row, self._seal) if row else None

    async def save_gathering(self, gathering: Gathering) -> None:
        await self._group.session.run(self._sql.put_gathering, gathering_row(gathering, self._seal))

    async def drop_gathering(self, key: str) -> bool:
        dropped = await self._group.session.row(self._sql.drop_gathering, {"key": gathering_key(key, self._seal)})
        return dropped is not None
